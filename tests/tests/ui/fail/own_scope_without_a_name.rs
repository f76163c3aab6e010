use oauth_runtime::scope;

scope!("https://api.example.com/auth/invoices");

fn main() {}
