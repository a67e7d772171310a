//! Many users, their groups, and many tenants.

use super::db::{Batch, Db, Value};
use super::dice::Dice;
use signet_domain::Time;
use signet_domain::id::UserId;
use uuid::Uuid;

const BATCH: usize = 20_000;

const FIRST: [&str; 24] = [
    "Ada", "Bruno", "Chidi", "Dana", "Emeka", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam",
    "Maria", "Noor", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tara", "Uma", "Viktor", "Wanda", "Yusuf",
];
const LAST: [&str; 20] = [
    "Abebe",
    "Bauer",
    "Castro",
    "Diallo",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nowak",
    "Okafor",
    "Petrov",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Weber",
];

/// One of the many: all that others need to know is the number.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) login: String,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

/// The n-th user. Ids are made in the order of creation.
pub(super) fn person(n: u32, began: Time) -> Person {
    let mut dice = Dice::new(u64::from(n) + 1);
    let first = FIRST[dice.below(FIRST.len() as u64) as usize];
    let last = LAST[dice.below(LAST.len() as u64) as usize];
    let id = UserId(dice.id(Time(began.0 + i64::from(n) * 1000)));
    let login = format!("{}.{}{n}@acme.test", first.to_lowercase(), last.to_lowercase());
    Person { id, login, first, last }
}

const USER: &[&str] = &[
    "tenant_id",
    "id",
    "number",
    "login",
    "login_key",
    "email",
    "email_key",
    "first_name",
    "first_key",
    "last_name",
    "last_key",
    "profile",
    "status",
    "password_hash",
    "demo",
    "version",
    "created_at",
    "updated_at",
    "status_changed_at",
    "activated_at",
    "password_changed_at",
    "last_login_at",
];
const MEMBER: &[&str] = &["tenant_id", "group_id", "user_id", "created_at"];
const GROUP: &[&str] = &[
    "tenant_id",
    "id",
    "name",
    "name_key",
    "description",
    "version",
    "created_at",
    "updated_at",
    "members_changed_at",
];
const TENANT: &[&str] = &[
    "id",
    "number",
    "name",
    "display_name",
    "host",
    "url",
    "default_domain",
    "status",
    "demo",
    "config_version",
    "next_user_number",
    "created_at",
];

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// The tenant's users; all of them are in its first group.
pub(super) async fn users(db: &mut Db, tenant: Uuid, users: u32, began: Time) {
    let mut dice = Dice::new(7);
    let at = Value::Int(began.0);
    let everybody = dice.id(began);
    let names = ["Everybody", "Staff", "Sales", "Support", "Contractors"].map(str::to_owned);
    let further = (0..200).map(|n| format!("Project {n}"));
    let groups = names.into_iter().chain(further).enumerate().map(|(n, name)| {
        let id = if n == 0 { everybody } else { dice.id(began) };
        let (tenant, id, key) = (Value::Uuid(tenant), Value::Uuid(id), text(name.to_lowercase()));
        vec![tenant, id, text(name), key, text(""), Value::Int(1), at.clone(), at.clone(), at.clone()]
    });
    db.insert(Batch { table: "user_groups", columns: GROUP, rows: groups.collect() }).await;
    // The shape of a hash that no password has.
    let hash = format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", "A".repeat(22), "B".repeat(43));
    let all: Vec<u32> = (0..users).collect();
    for numbers in all.chunks(BATCH) {
        let row = |n: &u32| {
            let p = person(*n, began);
            let created = Value::Int(began.0 + i64::from(*n) * 1000);
            vec![
                Value::Uuid(tenant),
                Value::Uuid(p.id.0),
                Value::Int(1000 + i64::from(*n)),
                text(&p.login),
                text(&p.login),
                text(&p.login),
                text(&p.login),
                text(p.first),
                text(p.first.to_lowercase()),
                text(p.last),
                text(p.last.to_lowercase()),
                text("{}"),
                text(if n % 50 == 49 { "SUSPENDED" } else { "ACTIVE" }),
                text(&hash),
                Value::Bool(false),
                Value::Int(1),
                created.clone(),
                created.clone(),
                created.clone(),
                created.clone(),
                created,
                if n.is_multiple_of(3) { Value::Null } else { at.clone() },
            ]
        };
        db.insert(Batch { table: "users", columns: USER, rows: numbers.iter().map(row).collect() }).await;
        let member = |n: &u32| {
            let user = Value::Uuid(person(*n, began).id.0);
            vec![Value::Uuid(tenant), Value::Uuid(everybody), user, at.clone()]
        };
        let rows = numbers.iter().map(member).collect();
        db.insert(Batch { table: "group_members", columns: MEMBER, rows }).await;
    }
    let next = format!("UPDATE tenants SET next_user_number = {} WHERE name = 'acme'", 1000 + users);
    db.run(&next).await;
}

/// Tenants beside it, with a few users each.
pub(super) async fn tenants(db: &mut Db, tenants: u32, began: Time) {
    let mut dice = Dice::new(11);
    let ids: Vec<(u32, Uuid)> = (0..tenants).map(|n| (n, dice.id(began))).collect();
    let tenant = |(n, id): &(u32, Uuid)| {
        let name = format!("customer-{n:05}");
        let host = format!("{name}.example");
        vec![
            Value::Uuid(*id),
            Value::Int(1000 + i64::from(*n)),
            text(&name),
            text(format!("Customer {n}")),
            text(&host),
            text(format!("https://{host}")),
            text(&host),
            text(if n % 40 == 39 { "SUSPENDED" } else { "ACTIVE" }),
            Value::Bool(false),
            Value::Int(1),
            Value::Int(6),
            Value::Int(began.0),
        ]
    };
    db.insert(Batch { table: "tenants", columns: TENANT, rows: ids.iter().map(tenant).collect() }).await;
    for some in ids.chunks(BATCH / 5) {
        let mut rows = Vec::new();
        for (tenant, number) in some.iter().flat_map(|(_, tenant)| (1..=5).map(move |n| (*tenant, n))) {
            let (id, at) = (dice.id(began), Value::Int(began.0));
            let login = text(format!("user{number}@customer.example"));
            let (first, last) = (text("User"), text("Example"));
            let (first_key, last_key) = (text("user"), text("example"));
            rows.push(vec![
                Value::Uuid(tenant),
                Value::Uuid(id),
                Value::Int(number),
                login.clone(),
                login.clone(),
                login.clone(),
                login,
                first,
                first_key,
                last,
                last_key,
                text("{}"),
                text("ACTIVE"),
                Value::Null,
                Value::Bool(false),
                Value::Int(1),
                at.clone(),
                at.clone(),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
            ]);
        }
        db.insert(Batch { table: "users", columns: USER, rows }).await;
    }
}
