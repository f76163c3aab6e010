//! What the macros ask the compiler of every handler: that it begins with its guard.

/// A function whose first parameter is the guard, and the others whatever they are.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this handler does not begin with its guard, `{Guard}`",
    label = "expected `{Guard}` as the first parameter",
    note = "another type that is called `Token` goes by its path here, as in `csrf::Token`",
    note = "an attribute below `#[requires_scopes]` has to leave the first parameter where it is; \
            above, it may do what it likes"
)]
pub trait BeginsWith<Guard, Rest> {}

/// A function whose first two parameters are what opens it to other origins, and the guard.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this handler does not begin with `{First}` and its guard, `{Guard}`",
    label = "expected both before all other parameters",
    note = "an attribute below `#[requires_scopes]` has to leave the first parameters where they \
            are; above, it may do what it likes"
)]
pub trait BeginsWithBoth<First, Guard, Rest> {}

macro_rules! begins_with {
    ($($parameter:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F, First, Guard, Answer, $($parameter),*>
            BeginsWithBoth<First, Guard, ($($parameter,)*)> for F
        where
            F: FnOnce(First, Guard, $($parameter),*) -> Answer
        {
        }
        #[diagnostic::do_not_recommend]
        impl<F, Guard, Answer, $($parameter),*> BeginsWith<Guard, ($($parameter,)*)> for F where
            F: FnOnce(Guard, $($parameter),*) -> Answer
        {
        }
    };
}

begins_with!();
begins_with!(A);
begins_with!(A B);
begins_with!(A B C);
begins_with!(A B C D);
begins_with!(A B C D E);
begins_with!(A B C D E G);
begins_with!(A B C D E G H);
begins_with!(A B C D E G H I);
begins_with!(A B C D E G H I J);
begins_with!(A B C D E G H I J K);
begins_with!(A B C D E G H I J K L);
begins_with!(A B C D E G H I J K L M);
begins_with!(A B C D E G H I J K L M N);
begins_with!(A B C D E G H I J K L M N O);
begins_with!(A B C D E G H I J K L M N O P);
// One more than axum takes, which is for axum to say.
begins_with!(A B C D E G H I J K L M N O P Q);

/// Compiles only for such a function. For the macros alone.
#[doc(hidden)]
pub const fn begins_with<Guard, Rest, F: BeginsWith<Guard, Rest>>(_: &F) {}

/// Compiles only for such a function. For the macros alone.
#[doc(hidden)]
pub const fn begins_with_both<First, Guard, Rest, F>(_: &F)
where
    F: BeginsWithBoth<First, Guard, Rest>,
{
}
