//! What the matrix asks of a rendered Dockerfile: its fields for one spec, judged by what images can be.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;

use crate::config::UserName;
use crate::diagnostic::{Finding, Stopped, code};
use crate::grammar::Pairs;
use crate::image::account::{NAME, RunsAs, name_fault};
use crate::image::authority::{self, Authority};
use crate::image::content::One;
use crate::image::pip_files::{PipFile, below};
use crate::image::rendering::{self, Around, Brings};
use crate::image::secrets;
use crate::render::{Field, Scope};
use crate::source::Repository;

impl One<'_> {
    /// Users are numbers: a name says nothing of the rights a process has, and Kubernetes cannot tell that it is not root.
    fn numeric_user(&mut self, user: &str, field: &Field) -> Result<(), Stopped> {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (uid, gid) = user
            .split_once(':')
            .map_or((user, None), |(uid, gid)| (uid, Some(gid)));
        if number(uid) && gid.is_none_or(number) {
            return Ok(());
        }
        let place = self.config.place(
            field.span.clone(),
            "a user is `uid` or `uid:gid`, in numbers",
        );
        let finding = Finding::new(
            &code::INVALID_USER,
            format!("`{}` is not a numeric user", user.escape_debug()),
            place,
        );
        let finding = if user == "root" {
            finding.help("write `user = \"0:0\"`")
        } else {
            finding.help("write the numbers, as in `user = \"1000:1000\"`; `user-name` says what they are called")
        };
        Err(self.report(field.span.start, finding))
    }

    /// Where what the image is made from can be seen.
    pub(super) fn source(&mut self) -> Result<Option<String>, Stopped> {
        let merged = self.spec.merged.clone();
        let source = self.opt(merged.source.as_ref(), &self.spec.scope.clone())?;
        let (Some(text), Some(field)) = (&source, &merged.source) else {
            return Ok(None);
        };
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(source);
        }
        let finding = Finding::new(
            &code::INVALID_OPTION,
            format!("`{}` is no address that people can open", text.escape_debug()),
            self.config.place(field.span.clone(), "begins with neither `https://` nor `http://`"),
        )
        .help("write the address of the repository, as in `source = \"https://github.com/acme/images\"`");
        Err(self.report(field.span.start, finding))
    }

    /// The files by which Python packages are installed.
    pub(super) fn pip_files(
        &mut self,
        repository: &Repository,
        context: Option<&str>,
    ) -> Result<Vec<PipFile>, Stopped> {
        let merged = self.spec.merged.clone();
        if merged.dockerfile.is_some() {
            return Ok(Vec::new());
        }
        let context = folder(context);
        let mut found = Vec::new();
        for file in &merged.pip_files {
            let path = self.text(&file.path, &self.spec.scope.clone())?;
            if path.trim().is_empty() {
                continue;
            }
            self.inside(&path, &file.path)?;
            self.mountable(&path, &file.path)?;
            let text = repository.decoded(&path);
            let text = text.as_ref().map_or("", |file| file.text.as_str());
            found.push(PipFile::new(
                file.kind,
                (&path, &file.path.span),
                context,
                text,
            ));
        }
        Ok(found)
    }

    /// The certificates that are trusted besides the public ones, where its parent does not trust them already.
    pub(super) fn authority(
        &mut self,
        repository: &Repository,
        context: Option<&str>,
    ) -> Result<Option<Authority>, Stopped> {
        let merged = self.spec.merged.clone();
        let Some(field) = merged.ca.as_ref().filter(|_| merged.dockerfile.is_none()) else {
            return Ok(None);
        };
        let path = self.text(field, &self.spec.scope.clone())?;
        if path.trim().is_empty() {
            return Ok(None);
        }
        self.inside(&path, field)?;
        self.mountable(&path, field)?;
        let text = repository.decoded(&path);
        if let Some(fault) = text.and_then(|file| authority::fault(&file.text)) {
            let headline = format!("`{path}` {fault}");
            let place = self
                .config
                .place(field.span.clone(), "goes into the image, to be trusted");
            let finding = Finding::new(&code::INVALID_OPTION, headline, place)
                .help("name a file with the certificate of the authority alone, as it is handed to browsers");
            return Err(self.report(field.span.start, finding));
        }
        let source = below(&path, folder(context));
        let found = Authority::new(&path, source, field.span.clone());
        Ok(Some(found).filter(|found| self.below.authority.as_ref() != Some(&found.path)))
    }

    /// A path stands in an option of a mount, and in an ignore file.
    pub(super) fn mountable(&mut self, path: &str, field: &Field) -> Result<(), Stopped> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./+@-".contains(&b);
        if path.bytes().all(plain) {
            return Ok(());
        }
        let place = self.config.place(
            field.span.clone(),
            "letters, digits and `_./+@-` can be mounted",
        );
        let headline = format!("`{}` cannot be mounted in a build", path.escape_debug());
        let finding = Finding::new(&code::UNSAFE_VALUE, headline, place).help("rename the file");
        Err(self.report(field.span.start, finding))
    }

    /// Who the image runs as.
    fn runs_as(&mut self) -> Result<RunsAs, Stopped> {
        let merged = self.spec.merged.clone();
        let scope = self.spec.scope.clone();
        let user = self.opt(merged.user.as_ref(), &scope)?;
        if let (Some(text), Some(field)) = (&user, &merged.user) {
            self.numeric_user(text, field)?;
        }
        let name = match &merged.user_name {
            None => Some(NAME.to_owned()),
            Some(UserName::Unnamed(_)) => None,
            Some(UserName::Named(field)) => {
                let name = self.text(field, &scope)?;
                if let Some(fault) = name_fault(&name) {
                    let finding = Finding::new(
                        &code::INVALID_USER,
                        format!("`{}` cannot name a user", name.escape_debug()),
                        self.config.place(field.span.clone(), fault),
                    )
                    .help("write another, as in `user-name = \"app\"`; with `user-name = false` the base's users are left as they are");
                    return Err(self.report(field.span.start, finding));
                }
                Some(name)
            }
        };
        let arbitrary = merged.arbitrary_user.as_ref().is_some_and(|a| a.value);
        Ok(RunsAs::new(user, name, arbitrary))
    }

    /// An init takes the place of the base's entrypoint, and builders forget the base's command along with that.
    fn init(&mut self, starts_something: bool) -> Result<bool, Stopped> {
        let merged = self.spec.merged.clone();
        let Some(init) = merged.init.as_ref().filter(|init| init.value) else {
            return Ok(false);
        };
        if starts_something || self.below.init {
            return Ok(true);
        }
        let image = &self.config.images[self.spec.image.0].key;
        let finding = Finding::new(
            &code::MISSING_KEY,
            format!("image `{image}` has an init and nothing for it to run"),
            self.config.place(
                init.span.clone(),
                "takes the place of the base's entrypoint and command",
            ),
        )
        .note(format!("for {}", self.spec.describe(self.config)))
        .help("state `cmd`, as in `cmd = [\"python\"]`, or `entrypoint`");
        Err(self.report(init.span.start, finding))
    }

    /// What the Dockerfile template sees, and what those that stand on the image find there.
    pub(super) fn view(
        &mut self,
        scope: &Value,
        from: Option<&str>,
        args: &Pairs<Arc<str>, String>,
        (pip_files, authority): (Vec<PipFile>, Option<Authority>),
        distribution: &str,
    ) -> Result<(Value, Brings), Stopped> {
        let merged = self.spec.merged.clone();
        let mut pairs = |table: &IndexMap<Arc<str>, Field>| {
            table
                .iter()
                .map(|(k, f)| Ok((k.to_string(), self.text(f, scope)?)))
                .collect::<Result<Vec<_>, Stopped>>()
        };
        let env = pairs(&merged.env)?;
        let labels = pairs(&merged.labels)?;
        let source = self.source()?;
        let list = |this: &mut Self, fields: &[Field]| {
            fields
                .iter()
                .map(|f| this.text(f, &this.spec.scope.clone()))
                .collect::<Result<Vec<_>, Stopped>>()
        };
        // `"{{ 'nvtop' if cuda }}"` is no package where it is empty.
        let stated = |mut texts: Vec<String>| {
            texts.retain(|text| !text.trim().is_empty());
            texts
        };
        let apt = stated(list(self, &merged.apt)?);
        let pip = stated(list(self, &merged.pip)?);
        let runs_as = self.runs_as()?;
        let entrypoint = merged
            .entrypoint
            .as_ref()
            .map(|e| list(self, e))
            .transpose()?;
        let cmd = merged.cmd.as_ref().map(|e| list(self, e)).transpose()?;
        let init = self.init(entrypoint.is_some() || cmd.is_some())?;
        let brings = Brings {
            account: runs_as.account.clone(),
            owner: runs_as.owner.clone(),
            init: init || self.below.init && entrypoint.is_none(),
            authority: authority
                .as_ref()
                .map(|found| found.path.clone())
                .or_else(|| self.below.authority.clone()),
        };
        let parts = rendering::Parts {
            from: from.unwrap_or_default().to_owned(),
            args: args
                .iter()
                .map(|(k, v)| (k.to_string(), v.clone()))
                .collect(),
            env,
            source,
            labels,
            apt,
            pip,
            pip_files,
            secrets: secrets::of_python(self.config, &merged.secrets),
            authority,
            runs_as,
            init,
            entrypoint,
            cmd,
        };
        let names = scope
            .downcast_object_ref::<Scope>()
            .map(|s| s.0.clone())
            .unwrap_or_default();
        let around = Around {
            below: &self.below,
            python: self.python,
            venv_below: self.venv_below,
            uv_image: self.uv_image,
            distribution,
            refreshed: self.matrix.packages.map(|day| day.to_string()),
        };
        let view = rendering::view(self.config, self.spec, &around, parts, names);
        Ok((view, brings))
    }
}

/// The folder that is sent, without what does not tell it from another.
fn folder(context: Option<&str>) -> &str {
    let context = context.unwrap_or(".").trim_start_matches("./");
    context.trim_end_matches('/')
}
