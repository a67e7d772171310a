//! Pages as someone without a browser reads them.

use scraper::{ElementRef, Html, Selector};

/// A parsed page.
pub struct Page {
    html: Html,
}

/// A form with what a browser would send if nothing were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// As written; empty means the page's own address.
    pub action: String,
    /// In upper case.
    pub method: String,
    /// Names and values of all fields, hidden ones included, without the buttons.
    pub fields: Vec<(String, String)>,
    /// Names, values and captions of the submit buttons.
    pub buttons: Vec<(String, String, String)>,
    /// The name of the password field, if there is one.
    pub password: Option<String>,
    /// The name of the field for the login, if there is a password.
    pub login: Option<String>,
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).expect("a valid selector")
}

impl Page {
    /// Reads a page.
    pub fn parse(text: &str) -> Self {
        Self { html: Html::parse_document(text) }
    }

    /// What is visible, with single spaces; templates, scripts and styles left out.
    pub fn text(&self) -> String {
        let mut words = Vec::new();
        for node in self.html.tree.nodes() {
            let hidden = node
                .ancestors()
                .filter_map(ElementRef::wrap)
                .any(|element| matches!(element.value().name(), "script" | "style" | "template" | "head"));
            if let Some(text) = node.value().as_text()
                && !hidden
            {
                words.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        words.join(" ")
    }

    /// The document's title.
    pub fn title(&self) -> String {
        self.all("title").into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements that match a CSS selector.
    pub fn all(&self, selector: &str) -> Vec<String> {
        self.html
            .select(&select(selector))
            .map(|element| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of every element that matches a CSS selector and has it.
    pub fn attributes(&self, selector: &str, attribute: &str) -> Vec<String> {
        self.html
            .select(&select(selector))
            .filter_map(|element| element.attr(attribute).map(str::to_owned))
            .collect()
    }

    /// All forms, in order.
    pub fn forms(&self) -> Vec<Form> {
        self.html.select(&select("form")).map(|form| Form::read(&self.html, form)).collect()
    }

    /// The form that asks for a password.
    pub fn sign_in_form(&self) -> Option<Form> {
        self.forms().into_iter().find(|form| form.password.is_some())
    }

    /// The form whose buttons include one that agrees.
    pub fn consent_form(&self) -> Option<Form> {
        self.forms().into_iter().find(|form| form.password.is_none() && form.agreeing().is_some())
    }
}

impl Form {
    fn read(html: &Html, form: ElementRef<'_>) -> Self {
        let id = form.attr("id").unwrap_or_default();
        let elsewhere = select("input[form], button[form], select[form], textarea[form]");
        let within = select("input, button, select, textarea");
        let owned = form.select(&within).filter(|el| el.attr("form").is_none_or(|owner| owner == id));
        let linked = html
            .select(&elsewhere)
            .filter(|el| el.attr("form") == Some(id) && !el.ancestors().any(|node| node.id() == form.id()));
        let mut read = Self {
            action: form.attr("action").unwrap_or_default().to_owned(),
            method: form.attr("method").unwrap_or("GET").to_ascii_uppercase(),
            fields: Vec::new(),
            buttons: Vec::new(),
            password: None,
            login: None,
        };
        for control in owned.chain(linked) {
            read.take(control);
        }
        if read.password.is_none() {
            read.login = None;
        }
        read
    }

    fn take(&mut self, control: ElementRef<'_>) {
        if control.attr("disabled").is_some() {
            return;
        }
        let name = control.attr("name").unwrap_or_default().to_owned();
        let value = control.attr("value").unwrap_or_default().to_owned();
        let kind = control.attr("type").unwrap_or_default().to_ascii_lowercase();
        match (control.value().name(), kind.as_str()) {
            ("button", "" | "submit") => self.buttons.push((name, value, control.text().collect())),
            ("input", "submit" | "image") => self.buttons.push((name, value.clone(), value)),
            ("button", _) | ("input", "button" | "reset") => {}
            ("input", "checkbox" | "radio") if control.attr("checked").is_none() => {}
            ("input", "checkbox" | "radio") if control.attr("value").is_none() => {
                self.fields.push((name, "on".into()));
            }
            ("select", _) => {
                let options: Vec<_> = control.select(&select("option")).collect();
                let chosen = options.iter().find(|o| o.attr("selected").is_some()).or(options.first());
                let value = chosen.map(|o| o.attr("value").map_or_else(|| o.text().collect(), str::to_owned));
                self.fields.extend(value.map(|value| (name, value)));
            }
            ("textarea", _) => self.fields.push((name, control.text().collect())),
            ("input", kind) => {
                if kind == "password" {
                    self.password.get_or_insert(name.clone());
                } else if matches!(kind, "" | "text" | "email") {
                    self.login.get_or_insert(name.clone());
                }
                if !name.is_empty() {
                    self.fields.push((name, value));
                }
            }
            _ => {}
        }
    }

    /// Puts a value into a field, adding it when it isn't there.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Takes a field away.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Presses the button that agrees.
    pub fn agree(&mut self) -> &mut Self {
        let pressed = self.agreeing().cloned().expect("a button that agrees");
        self.press(&pressed)
    }

    /// Presses the button that refuses.
    pub fn refuse(&mut self) -> &mut Self {
        let refusing = self.buttons.iter().find(|button| says(button, REFUSING)).cloned();
        self.press(&refusing.expect("a button that refuses"))
    }

    fn press(&mut self, (name, value, _): &(String, String, String)) -> &mut Self {
        if !name.is_empty() {
            self.set(name, value);
        }
        self
    }

    fn agreeing(&self) -> Option<&(String, String, String)> {
        self.buttons.iter().find(|button| says(button, AGREEING) && !says(button, REFUSING))
    }
}

const AGREEING: &[&str] = &["allow", "approve", "accept", "agree", "consent", "yes"];
const REFUSING: &[&str] = &["don’t", "don't", "deny", "refuse", "reject", "decline", "cancel"];

fn says((_, value, caption): &(String, String, String), words: &[&str]) -> bool {
    let said = format!("{value} {caption}").to_lowercase();
    words.iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::Page;

    const SIGN_IN: &str = r#"<!doctype html><title>Sign in</title><style>p{}</style>
        <form><input name=q><button>Search</button></form>
        <form method="post" action="/login?x=1&amp;y=2">
          <input type=hidden name=csrf value="a&quot;b"><input type="hidden" name="handle" value="h1">
          <input name=login type=text value="ada"><input name=password type=password>
          <input type=checkbox name=keep><input type=checkbox name=on checked>
          <select name=zone><option value=a>A<option value=b selected>B</select>
          <button type=button>Show</button><button>Sign  in</button></form>"#;

    #[test]
    fn reads_the_sign_in_form() {
        let page = Page::parse(SIGN_IN);
        assert_eq!(page.title(), "Sign in");
        assert_eq!(page.forms().len(), 2);
        let form = page.sign_in_form().expect("a form with a password");
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/login?x=1&y=2", "POST"));
        assert_eq!(form.get("csrf"), Some("a\"b"));
        assert_eq!((form.get("keep"), form.get("on"), form.get("zone")), (None, Some("on"), Some("b")));
        assert_eq!((form.login.as_deref(), form.password.as_deref()), (Some("login"), Some("password")));
        assert!(page.consent_form().is_none());
        assert_eq!(page.text(), "Search A B Show Sign in");
    }

    #[test]
    fn presses_the_right_button() {
        let page = Page::parse(
            r#"<form method=post id=c action=/consent><input type=hidden name=csrf value=x>
            <button name=decision value=deny>Don’t allow</button></form>
            <button form=c name=decision value=allow>Allow</button>"#,
        );
        let mut form = page.consent_form().expect("a consent form");
        assert_eq!(form.clone().agree().get("decision"), Some("allow"));
        assert_eq!(form.refuse().get("decision"), Some("deny"));
    }
}
