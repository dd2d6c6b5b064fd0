%% boot
%% Names: of the computer, of hosts, services and interfaces.
-module(inet_names).
-include("t.hrl").

main() ->
    ?T(inet:gethostname()),
    ?T(net_adm:localhost()),
    ?T(inet_db:gethostname()),
    ?T(inet:getaddr("localhost", inet)),
    ?T(inet:getaddr({127, 0, 0, 1}, inet)),
    ?T(inet:getaddr("127.0.0.1", inet)),
    ?T(inet:getaddr("::1", inet6)),
    ?T(inet:gethostbyname("localhost")),
    ?T(inet:gethostbyname("127.0.0.1")),
    ?T(inet:gethostbyaddr({127, 0, 0, 1})),
    ?T(inet:gethostbyname("no.such.host.invalid")),
    ?T(inet:getaddr("no.such.host.invalid", inet6)),
    ?T(inet:getservbyname(http, tcp)),
    ?T(inet:getservbyname("domain", udp)),
    ?T(inet:getservbyname(no_such_service, tcp)),
    ?T(inet:getservbyport(80, tcp)),
    ?T(inet:getservbyport(1, udp)),
    ?T(inet:getifaddrs()),
    ?T(inet:getiflist()),
    ?T(inet:ifget("lo", [addr, netmask, flags, mtu, broadaddr, dstaddr, hwaddr])),
    ?T(inet:ifget("no_such", [addr, flags])),
    ?T(inet:ifget("lo", [nonsense])),
    ?T(inet:parse_address("1.2.3")),
    {ok, S} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(S),
    ?T(element(1, gen_tcp:connect("localhost", Port, []))),
    ?T(element(1, gen_tcp:connect(localhost, Port, []))),
    ?T(gen_tcp:connect("no.such.host.invalid", Port, [])).
