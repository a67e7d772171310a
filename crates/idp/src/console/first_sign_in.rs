//! What became of an app's requests while somebody waits for its first sign-in.

use super::kinds::{self, any_type, equals};
use crate::syslog::Kind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::event::{EventRow, types};
use signet_store::log_query::{Budget, Condition, LogQuery, TextField};

/// Most of an app's events that are looked through: this is asked every two seconds.
const BUDGET: u32 = 2_000;

/// What happened since an instant. Each is the newest of its kind.
#[derive(Debug, Default)]
pub struct Progress {
    /// The app got a token: for a person, if it signs people in.
    pub token: Option<EventRow>,
    /// Somebody was sent back to the app with a code.
    pub code: Option<EventRow>,
    /// Something was refused.
    pub refusal: Option<EventRow>,
}

impl Idp {
    /// How far an app has come since an instant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_app_progress(
        &self,
        ctx: &Ctx,
        app: &App,
        since: Time,
    ) -> Result<Progress, IdpError> {
        let own = equals(TextField::ClientId, &app.client_id);
        let all = LogQuery { condition: own.clone(), ..LogQuery::default() };
        let to = Time(ctx.now.0.saturating_add(1));
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let floor = tx.log_floor_of(&all, to, since, Budget::each(BUDGET)).await?;
        let token = match signs_people_in(app) {
            true => Condition::All(vec![tokens(), kinds::not(kinds::machine_tokens())]),
            false => tokens(),
        };
        let code = any_type(&[types::ORG_AUTHORIZE_CODE, types::AS_AUTHORIZE_CODE]);
        let refusal = Condition::Any([Kind::Refused, Kind::Throttled].map(kinds::condition).to_vec());
        let mut newest = [None, None, None];
        let wanted = [token, Condition::All(vec![code, kinds::succeeded()]), refusal.clone()];
        for (place, condition) in newest.iter_mut().zip(wanted) {
            let condition = Condition::All(vec![own.clone(), condition]);
            *place = tx.latest_matching(condition, Some(floor), 1).await?.pop();
        }
        let [token, code, refused] = newest;
        // Whoever could not prove to be the app only named it.
        let named = Condition::All(vec![
            equals(TextField::ActorId, &app.client_id),
            kinds::not(Condition::TextPresent(TextField::ClientId)),
            refusal,
        ]);
        let floor = tx.log_floor(to, since, BUDGET).await?;
        let unproved = tx.latest_matching(named, Some(floor), 1).await?.pop();
        let refusal = [refused, unproved].into_iter().flatten().max_by_key(|event| event.published);
        Ok(Progress { token, code, refusal })
    }
}

/// Whether an app gets tokens for people.
#[must_use]
pub fn signs_people_in(app: &App) -> bool {
    app.allows_grant("authorization_code") || app.allows_grant("password")
}

fn tokens() -> Condition {
    Condition::All(vec![any_type(&[types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN]), kinds::succeeded()])
}
