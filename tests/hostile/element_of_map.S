%% Takes an element of what is no tuple, and of a tuple beyond its end.
%% expect stdout {'EXIT',illegal_instruction}
%% expect stdout second
{module, element_of_map}.
{exports, [{main,0},{first,1},{second,1}]}.
{labels, 9}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,element_of_map},{atom,main},0}.
  {label,2}.
    {allocate,0,0}.
    {move,{literal,[{a,1}]},{x,2}}.
    {move,{atom,first},{x,1}}.
    {move,{atom,element_of_map},{x,0}}.
    {call_ext,3,{extfunc,erlang,spawn_monitor,3}}.
    {move,{literal,[{a,1}]},{x,2}}.
    {move,{atom,second},{x,1}}.
    {move,{atom,element_of_map},{x,0}}.
    {call_ext,3,{extfunc,erlang,spawn_monitor,3}}.
    {call,0,{f,4}}.
    {call,0,{f,4}}.
    {deallocate,0}.
    return.
{function, wait, 0, 4}.
  {label,3}.
    {func_info,{atom,element_of_map},{atom,wait},0}.
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
{function, first, 1, 7}.
  {label,6}.
    {func_info,{atom,element_of_map},{atom,first},1}.
  {label,7}.
    {get_tuple_element,{x,0},300,{x,0}}.
    return.
{function, second, 1, 8}.
  {label,9}.
    {func_info,{atom,element_of_map},{atom,second},1}.
  {label,8}.
    {move,{literal,#{a => 1}},{x,0}}.
    {allocate,0,1}.
    {move,{atom,second},{x,0}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {move,{literal,#{a => 1}},{x,0}}.
    {get_tuple_element,{x,0},0,{x,0}}.
    {deallocate,0}.
    return.
