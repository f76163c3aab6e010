use oauth_runtime::scope;

scope!(pub Notes = "https://www.googleapis.com/auth/drive.file");

fn main() {}
