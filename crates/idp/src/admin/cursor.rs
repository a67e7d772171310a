//! Page cursors: a position and a MAC over it, the tenant and the list. Nobody else's, no other list's and no
//! edited cursor opens.

use super::Page;
use crate::{Ctx, Idp};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

const MAC_BYTES: usize = 16;

impl Idp {
    /// The cursor behind an item of a list.
    #[must_use]
    pub fn cursor(&self, ctx: &Ctx, list: &str, id: Uuid) -> String {
        let mut bytes = id.as_bytes().to_vec();
        bytes.extend_from_slice(&mac(self.secrets().cursor_key(), ctx, list, id)[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The item that a cursor is behind; none without a cursor, at the beginning of the list.
    ///
    /// # Errors
    /// [`super::AdminError::Cursor`] if it is not a cursor of this list.
    pub fn open_cursor(
        &self,
        ctx: &Ctx,
        list: &str,
        cursor: Option<&str>,
    ) -> Result<Option<Uuid>, super::AdminError> {
        let Some(cursor) = cursor else { return Ok(None) };
        let open = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (id, tag) = bytes.split_at_checked(16)?;
            let id = Uuid::from_slice(id).ok()?;
            let expected = mac(self.secrets().cursor_key(), ctx, list, id);
            signet_oauth::compare::ct_eq(tag, &expected[..MAC_BYTES]).then_some(id)
        };
        open().map(Some).ok_or(super::AdminError::Cursor)
    }

    /// A page of at most `limit` items out of one more, which only tells that there is a next page.
    pub(super) fn page_of<T>(
        &self,
        ctx: &Ctx,
        list: &str,
        mut items: Vec<T>,
        limit: i64,
        id: impl Fn(&T) -> Uuid,
    ) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| self.cursor(ctx, list, id(last)));
        Page { items, next }
    }
}

fn mac(key: &[u8], ctx: &Ctx, list: &str, id: Uuid) -> Vec<u8> {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    mac.update(b"list\0");
    mac.update(ctx.tenant_id().0.as_bytes());
    mac.update(id.as_bytes());
    mac.update(list.as_bytes());
    mac.sign().as_ref().to_vec()
}
