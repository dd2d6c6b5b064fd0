//! `erlang` natives about loaded code.

use vm::code::LoadedModule;
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Modules: which there are, what they export, replacing them.
    pub static NATIVES: "erlang" {
        "module_loaded"/1 = module_loaded,
        "loaded"/0 = loaded,
        "pre_loaded"/0 = pre_loaded,
        "function_exported"/3 = function_exported,
        "get_module_info"/1 = get_module_info,
        "get_module_info"/2 = get_module_info2,
        "delete_module"/1 = delete_module,
        "check_old_code"/1 = check_old_code,
        "call_on_load_function"/1 = call_on_load_function,
        "finish_after_on_load"/2 = finish_after_on_load,
        "make_fun"/3 = make_fun,
        "fun_info"/2 = fun_info,
        "fun_info_mfa"/1 = fun_info_mfa,
        "is_builtin"/3 = is_builtin,
    }
}

fn module_loaded<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module: Atom = arg(module)?;
    Ok(Term::bool(cx.vm().code.is_loaded(module)))
}

fn loaded<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let names: Vec<Term<'p>> = cx.vm().code.loaded().into_iter().map(Term::atom).collect();
    Ok(cx.list(&names))
}

fn pre_loaded<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let names: Vec<Term<'p>> = cx.vm().code.preloaded().into_iter().map(Term::atom).collect();
    Ok(cx.list(&names))
}

fn function_exported<'p>(cx: &mut Native<'p>, [m, f, a]: [Term<'p>; 3]) -> Outcome<'p> {
    let (m, f, a): (Atom, Atom, usize) = (arg(m)?, arg(f)?, arg(a)?);
    let Ok(a) = u8::try_from(a) else { return Ok(Term::bool(false)) };
    Ok(Term::bool(cx.vm().code.existing_export(m, f, a).is_some_and(|e| e.is_defined())))
}

fn is_builtin<'p>(cx: &mut Native<'p>, [m, f, a]: [Term<'p>; 3]) -> Outcome<'p> {
    let (m, f, a): (Atom, Atom, i64) = (arg(m)?, arg(f)?, arg(a)?);
    let Ok(a) = u8::try_from(a) else { return Ok(Term::bool(false)) };
    let native = cx.vm().code.native(m, f, a).is_some();
    // Erlang code in stock.
    let other = m == atoms::ERLANG && a == 2 && matches!(f.name(), "max" | "min");
    Ok(Term::bool(native && !other && !crate::is_of_library(m.name(), f.name())))
}

fn current<'p>(
    cx: &Native<'p>,
    module: Term<'p>,
) -> Result<std::sync::Arc<LoadedModule>, Raise<'p>> {
    let name: Atom = arg(module)?;
    cx.vm().code.module(name).current.ok_or_else(Raise::badarg)
}

const ITEMS: [&str; 6] = ["module", "exports", "attributes", "compile", "native", "md5"];

fn info_item<'p>(cx: &mut Native<'p>, module: &LoadedModule, item: &str) -> Outcome<'p> {
    let pairs = |cx: &mut Native<'p>, list: Vec<(Atom, u8)>| {
        let items: Vec<Term<'p>> = list
            .into_iter()
            .map(|(f, a)| cx.tuple(&[Term::atom(f), Term::small(i64::from(a))]))
            .collect();
        cx.list(&items)
    };
    Ok(match item {
        "module" => Term::atom(module.name),
        "exports" => {
            let list = module.exports.iter().map(|(e, _)| (e.function, e.arity)).collect();
            pairs(cx, list)
        }
        "functions" => {
            let list = module.functions.iter().map(|f| (f.function, f.arity)).collect();
            pairs(cx, list)
        }
        "nifs" if crate::LIBRARIES.contains(&module.name.name()) => {
            let native = |f: Atom, a: u8| cx.vm().code.native(module.name, f, a).is_some();
            let functions = module.functions.iter().map(|f| (f.function, f.arity));
            let library = |f: Atom| crate::is_of_library(module.name.name(), f.name());
            let list = functions.filter(|(f, a)| native(*f, *a) && library(*f)).collect();
            pairs(cx, list)
        }
        "nifs" => Term::nil(),
        "attributes" => module.attributes(cx),
        "compile" => module.compile_info(cx),
        "native" => Term::bool(false),
        "native_addresses" => Term::nil(),
        "md5" => cx.binary(&module.md5),
        _ => return Err(Raise::badarg()),
    })
}

fn get_module_info<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module = current(cx, module)?;
    let mut items = Vec::new();
    for item in ITEMS {
        // `native` is in the list of items but not in the whole.
        if item == "native" {
            continue;
        }
        let value = info_item(cx, &module, item)?;
        let tag = cx.atom(item)?;
        items.push(cx.tuple(&[tag, value]));
    }
    Ok(cx.list(&items))
}

fn get_module_info2<'p>(cx: &mut Native<'p>, [module, item]: [Term<'p>; 2]) -> Outcome<'p> {
    let module = current(cx, module)?;
    let item: Atom = arg(item)?;
    info_item(cx, &module, item.name())
}

fn delete_module<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module: Atom = arg(module)?;
    match cx.vm().code.delete(module) {
        None => Ok(Term::atom(atoms::UNDEFINED)),
        Some(true) => Ok(Term::bool(true)),
        Some(false) => Err(Raise::badarg()),
    }
}

fn check_old_code<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module: Atom = arg(module)?;
    Ok(Term::bool(cx.vm().code.module(module).old.is_some()))
}

fn call_on_load_function<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let name: Atom = arg(module)?;
    let pending = cx.vm().code.module(name).pending.ok_or_else(Raise::badarg)?;
    Err(Raise::on_load(&pending).ok_or_else(Raise::badarg)?)
}

fn finish_after_on_load<'p>(cx: &mut Native<'p>, [module, keep]: [Term<'p>; 2]) -> Outcome<'p> {
    let (name, keep): (Atom, bool) = (arg(module)?, arg(keep)?);
    if cx.vm().code.finish_pending(name, keep) {
        Ok(Term::bool(true))
    } else {
        Err(Raise::badarg())
    }
}

fn make_fun<'p>(cx: &mut Native<'p>, [m, f, a]: [Term<'p>; 3]) -> Outcome<'p> {
    let (m, f, a): (Atom, Atom, u8) = (arg(m)?, arg(f)?, arg(a)?);
    let export = cx.vm().code.export(m, f, a);
    Ok(cx.export_fun(export))
}

fn fun_info<'p>(cx: &mut Native<'p>, [fun, item]: [Term<'p>; 2]) -> Outcome<'p> {
    use vm::term::View;
    let item_name: Atom = arg(item)?;
    let value = match (fun.view(), item_name.name()) {
        (View::Fun(f), name) => match name {
            "type" => cx.atom("local")?,
            "module" => Term::atom(f.lambda.module),
            // While its code is not there, or is being purged, nobody knows what it is called.
            "name" if !f.lambda.is_loaded() => Term::nil(),
            "name" => Term::atom(f.lambda.function),
            "arity" => Term::small(i64::from(f.lambda.arity)),
            "env" => cx.list(f.env),
            "index" | "new_index" => Term::small(i64::from(f.lambda.index)),
            "uniq" => Term::small(i64::from(f.lambda.old_uniq)),
            "new_uniq" => cx.binary(&f.lambda.uniq),
            "pid" => f.creator,
            // Its code refers to it too.
            "refc" => {
                let n = cx.count_funs(f.lambda)? + usize::from(f.lambda.is_loaded());
                cx.uint(n as u64)
            }
            _ => return Err(Raise::badarg()),
        },
        (View::ExportFun(e), name) => match name {
            "type" => cx.atom("external")?,
            "module" => Term::atom(e.module),
            "name" => Term::atom(e.function),
            "arity" => Term::small(i64::from(e.arity)),
            "env" => Term::nil(),
            "index" | "new_index" | "uniq" | "new_uniq" | "pid" | "refc" => {
                Term::atom(atoms::UNDEFINED)
            }
            _ => return Err(Raise::badarg()),
        },
        _ => return Err(Raise::badarg()),
    };
    Ok(cx.tuple(&[item, value]))
}

fn fun_info_mfa<'p>(cx: &mut Native<'p>, [fun]: [Term<'p>; 1]) -> Outcome<'p> {
    use vm::term::View;
    let (m, f, a) = match fun.view() {
        View::Fun(f) => {
            (f.lambda.module, f.lambda.is_loaded().then_some(f.lambda.function), f.lambda.arity)
        }
        View::ExportFun(e) => (e.module, Some(e.function), e.arity),
        _ => return Err(Raise::badarg()),
    };
    let f = f.map_or(Term::nil(), Term::atom);
    Ok(cx.tuple(&[Term::atom(m), f, Term::small(i64::from(a))]))
}
