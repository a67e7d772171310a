//! The throttle goes by user, and one user is one user however the login is written.

use signet_testkit::on_each_engine;

use crate::support::frozen::Frozen;
use crate::support::make::{self, User};
use crate::support::ropg::{expect_throttled, fill, statuses, try_password};

on_each_engine! {
    rl_06_all_spellings_of_a_login_share_the_window,
    rl_07_upper_and_lower_case_share_the_window,
    rl_08_unicode_forms_share_the_window_or_are_refused,
    rl_09_a_repeated_username_counts_for_nobody,
    en_05_short_and_full_login_tell_nothing,
}

async fn rl_06_all_spellings_of_a_login_share_the_window(app: Frozen) {
    let acme = app.acme();
    let (web, short) = (acme.web(), make::unique("rl06"));
    let user = make::user_named(&acme, &format!("{short}@acme.test")).await;
    for login in [&short, &user.login, &short.to_uppercase(), &user.login] {
        try_password(&acme, &web, login, &user.password).await.expect(200);
    }
    for login in [&short, &user.login, &format!("{short}@ACME.Test")] {
        expect_throttled(try_password(&acme, &web, login, &user.password).await, login);
    }
    // Only the login names a user: a mail address is somebody else's window, and nobody's password.
    let shown = acme.api("GET", &format!("/api/v1/users/{}", user.id)).await.expect(200).json();
    let mail = shown["profile"]["email"].as_str().expect("an e-mail address").to_owned();
    assert_ne!(mail, user.login);
    try_password(&acme, &web, &mail, &user.password).await.expect_oauth_error(400, "invalid_grant");
}

async fn rl_07_upper_and_lower_case_share_the_window(app: Frozen) {
    let acme = app.acme();
    let (web, name) = (acme.web(), make::unique("alice"));
    let user = make::user_named(&acme, &format!("{name}@acme.test")).await;
    let spellings = [
        name.to_uppercase(),
        name.replacen('a', "A", 1),
        name.replacen("lice", "LiCe", 1),
        format!("{}@Acme.TEST", name.to_uppercase()),
    ];
    for login in &spellings {
        try_password(&acme, &web, login, &user.password).await.expect(200);
    }
    expect_throttled(try_password(&acme, &web, &name, &user.password).await, "the fifth spelling");
    // The canonical rule lower-cases and doesn't fold further, so these are other users.
    for (login, like) in [("ı", "i"), ("İ", "i"), ("ß", "ss"), ("ς", "σ")] {
        let (other, user) = (make::unique("rl07"), make::unique("rl07"));
        let user = make::user_named(&acme, &format!("{user}{like}x@acme.test")).await;
        fill(&acme, &web, &user).await;
        let twin = user.login.replace(&format!("{like}x"), &format!("{login}x"));
        let reply = try_password(&acme, &web, &twin, &user.password).await;
        assert_eq!(
            reply.status,
            400,
            "{twin} is another user than {} ({other}): {}",
            user.login,
            reply.describe()
        );
    }
}

async fn rl_08_unicode_forms_share_the_window_or_are_refused(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    // NFC, NFD, full-width, a ligature: one user.
    let number = make::unique("n").replace("n-", "");
    let user = make::user_named(&acme, &format!("zoë-office{number}@acme.test")).await;
    let same = [
        format!("zoe\u{308}-office{number}@acme.test"),
        format!("ｚｏë-office{number}@acme.test"),
        format!("zoë-o\u{fb03}ce{number}@acme.test"),
        format!("zoë-office{number}\u{ff20}acme.test"),
    ];
    for login in &same {
        try_password(&acme, &web, login, &user.password).await.expect(200);
    }
    for login in same.iter().chain([&user.login]) {
        expect_throttled(try_password(&acme, &web, login, &user.password).await, login);
    }
    // What has no canonical form is refused, and buys no attempt.
    let [local, domain] = [format!("zoë-office{number}"), "acme.test".to_owned()];
    let marks = [
        "\u{200b}", "\u{200d}", "\u{ad}", "\u{feff}", "\u{202e}", "\u{2060}", "\u{a0}", " ", "\t", "\0",
        "\u{1}",
    ];
    for mark in marks {
        for login in [
            format!("{mark}{local}@{domain}"),
            format!("{local}{mark}@{domain}"),
            format!("{local}@{domain}{mark}"),
        ] {
            let reply = try_password(&acme, &web, &login, &user.password).await;
            assert_eq!(reply.status, 400, "{login:?} must be nobody: {}", reply.describe());
        }
    }
    // A look-alike is somebody else, with a window of their own.
    let twin = format!("zоë-office{number}@acme.test"); // the first o is Cyrillic
    let reply = try_password(&acme, &web, &twin, &user.password).await;
    reply.expect_oauth_error(400, "invalid_grant");
}

async fn rl_09_a_repeated_username_counts_for_nobody(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl09").await);
    let (login, password) = (user.login.as_str(), user.password.as_str());
    for second in [login, "somebody-else", ""] {
        for _ in 0..3 {
            let params = [
                ("grant_type", "password"),
                ("username", login),
                ("username", second),
                ("password", password),
                ("scope", "openid"),
            ];
            acme.token_as(&web, &params).await.expect_oauth_error(400, "invalid_request");
        }
    }
    assert_eq!(statuses(&acme, &web, &user, 5).await, [200, 200, 200, 200, 429]);
}

/// A pair of short and full login behaves alike whether anybody has it or not.
async fn en_05_short_and_full_login_tell_nothing(app: Frozen) {
    let acme = app.acme();
    let (web, known) = (acme.web(), make::unique("en05"));
    make::user_named(&acme, &format!("{known}@acme.test")).await;
    let mut seen = Vec::new();
    for short in [known, make::unique("en05-nobody")] {
        let full = format!("{short}@acme.test");
        let mut statuses = Vec::new();
        for login in [&short, &full, &short, &full, &short, &full] {
            let user =
                User { id: String::new(), login: login.clone(), password: "wrong password".to_owned() };
            let reply = try_password(&acme, &web, &user.login, &user.password).await;
            statuses.push(crate::support::ropg::comparable(&reply));
        }
        seen.push(statuses);
    }
    assert_eq!(seen[0], seen[1], "somebody's pair and nobody's");
    assert_eq!(
        seen[0].iter().map(|(status, ..)| *status).collect::<Vec<_>>(),
        [400, 400, 400, 400, 429, 429]
    );
}
