%% An exception whose reason is a part of a message that is only looked at; the message is taken
%% by others meanwhile.
%% expect stdout {caught,[1,2,3]}
{module, raise_while_looking}.
{exports, [{main,0}]}.
{labels, 9}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,raise_while_looking},{atom,main},0}.
  {label,2}.
    {allocate,2,0}.
    {init_yregs,{list,[{y,0},{y,1}]}}.
    {move,{literal,<<1,2,3>>},{x,0}}.
    {call_ext,1,{extfunc,erlang,binary_to_list,1}}.
    {move,{x,0},{y,0}}.
    {call_ext,0,{extfunc,erlang,self,0}}.
    {move,{y,0},{x,1}}.
    send.
    {move,nil,{y,0}}.
    {'try',{y,1},{f,5}}.
  {label,3}.
    {loop_rec,{f,4},{x,0}}.
    {case_end,{x,0}}.
  {label,4}.
    {wait,{f,3}}.
  {label,5}.
    {try_case,{y,1}}.
    {move,{x,1},{y,0}}.
    {call,0,{f,7}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {get_tuple_element,{y,0},1,{x,0}}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,caught},{x,0}]}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {deallocate,2}.
    return.
{function, take, 0, 7}.
  {label,6}.
    {func_info,{atom,raise_while_looking},{atom,take},0}.
  {label,7}.
    {loop_rec,{f,8},{x,0}}.
    remove_message.
    return.
  {label,8}.
    {wait,{f,7}}.
