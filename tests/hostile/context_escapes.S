%% A match context gets where only terms should: printed, sent, compared, hashed, kept over
%% collections. It is seen as [].
%% expect stdout []
%% expect stdout {got,[]}
%% expect stdout done
{module, context_escapes}.
{exports, [{main,0}]}.
{labels, 5}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,context_escapes},{atom,main},0}.
  {label,2}.
    {allocate,2,0}.
    {init_yregs,{list,[{y,0},{y,1}]}}.
    {move,{integer,100000},{x,1}}.
    {move,{literal,<<"x">>},{x,0}}.
    {call_ext,2,{extfunc,binary,copy,2}}.
    {bs_start_match4,{atom,no_fail},1,{x,0},{x,0}}.
    {move,{x,0},{y,0}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {move,{y,0},{x,0}}.
    {call_ext,1,{extfunc,erlang,phash2,1}}.
    {move,{y,0},{x,0}}.
    {call_ext,1,{extfunc,erlang,term_to_binary,1}}.
    {test_heap,3,0}.
    {put_tuple2,{y,1},{list,[{atom,got},{y,0}]}}.
    {test,is_eq_exact,{f,4},[{y,0},{literal,<<"abc">>}]}.
  {label,4}.
    {test,is_lt,{f,3},[{y,0},{y,1}]}.
  {label,3}.
    {call_ext,0,{extfunc,erlang,self,0}}.
    {move,{y,1},{x,1}}.
    send.
    {move,{y,1},{x,1}}.
    {move,{atom,key},{x,0}}.
    {call_ext,2,{extfunc,erlang,put,2}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {loop_rec,{f,5},{x,0}}.
    remove_message.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {move,nil,{y,0}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {move,{atom,done},{x,0}}.
    {call_ext,1,{extfunc,erlang,display,1}}.
    {deallocate,2}.
    return.
  {label,5}.
    {wait,{f,3}}.
