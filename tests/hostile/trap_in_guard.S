%% Natives that go on elsewhere, or take long, called as guard functions are; a message taken that
%% is not there.
%% expect stdout {'EXIT',illegal_instruction}
%% expect stdout {done,false}
{module, trap_in_guard}.
{exports, [{main,0},{first,0},{second,0}]}.
{labels, 11}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,trap_in_guard},{atom,main},0}.
  {label,2}.
    {allocate,0,0}.
    {move,nil,{x,2}}.
    {move,{atom,first},{x,1}}.
    {move,{atom,trap_in_guard},{x,0}}.
    {call_ext,3,{extfunc,erlang,spawn_monitor,3}}.
    {call,0,{f,4}}.
    {move,nil,{x,2}}.
    {move,{atom,second},{x,1}}.
    {move,{atom,trap_in_guard},{x,0}}.
    {call_ext,3,{extfunc,erlang,spawn_monitor,3}}.
    {call,0,{f,4}}.
    {move,{integer,1000000},{x,1}}.
    {move,{literal,<<"x">>},{x,0}}.
    {call_ext,2,{extfunc,binary,copy,2}}.
    {gc_bif,binary_to_list,{f,0},1,[{x,0}],{x,3}}.
    {move,{x,3},{x,1}}.
    {move,{integer,7},{x,0}}.
    {bif,'not',{f,0},[{atom,true}],{x,0}}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,done},{x,0}]}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {deallocate,0}.
    return.
{function, wait, 0, 4}.
  {label,3}.
    {func_info,{atom,trap_in_guard},{atom,wait},0}.
  {label,4}.
    {loop_rec,{f,5},{x,0}}.
    remove_message.
    {allocate,0,1}.
    {get_tuple_element,{x,0},4,{x,0}}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,'EXIT'},{x,0}]}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {deallocate,0}.
    return.
  {label,5}.
    {wait,{f,4}}.
{function, first, 0, 7}.
  {label,6}.
    {func_info,{atom,trap_in_guard},{atom,first},0}.
  {label,7}.
    {move,nil,{x,1}}.
    {move,{atom,nothing},{x,0}}.
    {gc_bif,apply,{f,0},2,[{x,0},{x,1}],{x,0}}.
    return.
{function, second, 0, 9}.
  {label,8}.
    {func_info,{atom,trap_in_guard},{atom,second},0}.
  {label,9}.
    remove_message.
    {move,{atom,ok},{x,0}}.
    return.
