//! The server starts, seeds and answers.

use signet_testkit::{Engine, PrivateRedis, Shared, TestApp, TestRedis, on_each_engine};

on_each_engine! { it_starts_and_answers, it_survives_a_kill, two_nodes_share_a_database }

async fn it_starts_and_answers(app: Shared) {
    for tenant in [app.acme(), app.globex()] {
        let document = tenant.discovery().await;
        assert_eq!(document["issuer"], tenant.issuer());
        let org = tenant.at_org();
        assert_eq!(org.discovery().await["issuer"], org.issuer());
    }
    for probe in ["live", "ready"] {
        let url = format!("http://127.0.0.1:{}/health/{probe}", app.port());
        app.http().get(&url).host("unknown.example").await.expect(200);
    }
    let nowhere = app.acme().get("/").host("unknown.example").await;
    assert_eq!(nowhere.status, 404);
}

async fn it_survives_a_kill(app: TestApp) {
    let before = app.acme().keys().await;
    app.restart().await;
    assert_eq!(app.acme().keys().await, before);
}

async fn two_nodes_share_a_database(engine: Engine) {
    if engine == Engine::Sqlite {
        return; // One file has one process.
    }
    let app = TestApp::start(engine).await;
    let second = app.node().await;
    assert_eq!(second.acme().keys().await, app.acme().keys().await);
}

#[test]
fn a_redis_of_its_own_is_flushed_stopped_killed_and_started() {
    let redis = PrivateRedis::start();
    let shared = TestRedis::create();
    assert_eq!(redis.command(&["SET", "a", "1"]), "OK");
    assert_eq!(shared.command(&["GET", "a"]), "");
    redis.flush();
    assert_eq!(redis.command(&["GET", "a"]), "");
    redis.command(&["SET", "a", "2"]);
    redis.kill9();
    redis.start_again();
    assert_eq!(redis.command(&["KEYS", "*"]), "");
}
