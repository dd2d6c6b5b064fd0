%% Takes a pair apart that is none. Compilers may leave the test out; the verifier cannot tell.
%% expect stderr illegal_instruction
{module, hd_of_integer}.
{exports, [{main,0}]}.
{labels, 3}.
{function, main, 0, 2}.
  {label,1}.
    {func_info,{atom,hd_of_integer},{atom,main},0}.
  {label,2}.
    {move,{integer,5},{x,0}}.
    {get_hd,{x,0},{x,0}}.
    return.
