%% Floats through every printer: ~p ~w ~e ~f ~g, float_to_list and its options.
-module(float_printing).
-include("t.hrl").

main() ->
    Floats = [0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.30000000000000004, 1.5, 100.0, 123456.789, 1.0e10, 1.0e15, 1.0e16, 1.0e17, 1.0e21, 1.0e22, 1.0e23,
              123456789012345680.0, 9007199254740992.0, 9007199254740993.0, 1.0e100, 1.7976931348623157e308, 2.2250738585072014e-308, 5.0e-324,
              4.9e-320, 0.001, 0.0001, 0.00001, 1.0e-5, 1.0e-6, 1.0e-7, 123.0e-9, 3.141592653589793, 2.718281828459045, 1.0e-10, 0.5, 0.25, 99.99,
              99.995, 0.05, 1.0e9, 4294967296.0, 18446744073709551616.0, 1.0e-100, 6.62607015e-34, 8.5, 9.5, 2.5, 1.25, 1.0e38, 3.4028234663852886e38,
              1.7014118346046923e38, 5.877471754111438e-39, 2.9387358770557188e-39],
    [begin
         io:format("~p ~w ~e ~f ~g~n", [F, F, F, F, F]),
         io:format("  ~p ~p~n", [float_to_list(F), float_to_binary(F)]),
         io:format("  ~p~n", [[try_to(fun() -> float_to_list(F, O) end)
                               || O <- [[{decimals, 0}], [{decimals, 3}], [{decimals, 10}, compact], [{scientific, 0}], [{scientific, 5}], [short], []]]]),
         io:format("  ~.3e ~.2f ~.3g ~10.2f|~-12.3e|~15.4g|~n", [F, F, F, F, F, F])
     end || F <- Floats ++ [-X || X <- lists:sublist(Floats, 10, 5)]],
    ?T(float_to_list(id(1), [{decimals, 2}])),
    ?T(float_to_list(id(1.0), [{decimals, 254}])),
    ?T(float_to_list(id(1.0), [{decimals, -1}])),
    ?T(float_to_list(id(1.0), [bogus])),
    ?T(float_to_list(id(1.0e300), [{decimals, 250}])),
    ?T(float_to_binary(id(2.675), [{decimals, 2}])),
    ?T(float_to_binary(id(0.000001), [{decimals, 20}, compact])),
    ?T(io_lib:format("~.1f", [id(0.05)])),
    ?T(io_lib:format("~.0f", [id(0.05)])),
    ?T(io_lib:format("~f", [id(3)])),
    ?T(io_lib:format("~10.3.*f", [$*, id(3.14159)])),
    ok.
