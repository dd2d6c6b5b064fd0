%% Parts of a message that is left in the mailbox stay in a slot, are raised, and are used after
%% collections and after the message is taken.
%% expect stdout {kept,[1,2,3]}
%% expect stdout {taken,[1,2,3]}
{module, message_kept}.
{exports, [{main,0}]}.
{labels, 9}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,message_kept},{atom,main},0}.
  {label,2}.
    {allocate,3,0}.
    {init_yregs,{list,[{y,0},{y,1},{y,2}]}}.
    {move,{integer,0},{y,1}}.
    {call,0,{f,9}}.
    {move,{x,0},{x,1}}.
    {move,{x,0},{y,0}}.
    {call_ext,0,{extfunc,erlang,self,0}}.
    {move,{y,0},{x,1}}.
    {move,nil,{y,0}}.
    send.
    {'try',{y,2},{f,6}}.
  {label,3}.
    {loop_rec,{f,5},{x,0}}.
    {test,is_eq_exact,{f,4},[{y,0},nil]}.
    {move,{x,0},{y,0}}.
    {loop_rec_end,{f,3}}.
  {label,4}.
    remove_message.
    {badmatch,{y,0}}.
  {label,5}.
    {test,is_eq_exact,{f,7},[{y,1},{integer,0}]}.
    {move,{integer,1},{y,1}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    timeout.
    {jump,{f,7}}.
  {label,7}.
    {test_heap,3,0}.
    {put_tuple2,{x,0},{list,[{atom,kept},{y,0}]}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    timeout.
    {jump,{f,3}}.
  {label,6}.
    {try_case,{y,2}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {test_heap,3,0}.
    {put_tuple2,{x,0},{list,[{atom,taken},{y,0}]}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {deallocate,3}.
    return.
{function, list, 0, 9}.
  {label,8}.
    {func_info,{atom,message_kept},{atom,list},0}.
  {label,9}.
    {allocate,0,0}.
    {move,{literal,<<1,2,3>>},{x,0}}.
    {call_ext,1,{extfunc,erlang,binary_to_list,1}}.
    {deallocate,0}.
    return.
