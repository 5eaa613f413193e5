//! Same inputs, same bytes, on any machine, at any time.

use super::*;

#[test]
fn the_same_inputs_give_the_same_bytes_anywhere() {
    let text = everything();
    let first = Tree::written(&text);
    let surroundings = [
        [
            ("TZ", "Pacific/Kiritimati"),
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
        ],
        [("TZ", "America/Adak"), ("LANG", "C"), ("LC_ALL", "C")],
    ];
    for environment in surroundings {
        let home = tempfile::tempdir().expect("a folder");
        let tree = Tree::new(&text);
        let deep = tree.at("some/folder/deep/down");
        fs::create_dir_all(&deep).expect("folders");
        let mut command = clean(binary());
        command.arg("matrix").current_dir(&deep);
        command
            .envs(environment)
            .env("HOME", home.path())
            .env("USER", "somebody");
        command
            .env("COLUMNS", "20")
            .env("SOURCE_DATE_EPOCH", "1")
            .env_remove("PATH");
        let said: Said = command.output().expect("gen runs").into();
        said.ends(0);
        same(&outputs(&tree), &outputs(&first));
        for arguments in [
            &["plan"][..],
            &["list"],
            &["schema"],
            &["check", "--format", "json"],
        ] {
            let here = tree
                .command(arguments)
                .envs(environment)
                .output()
                .expect("gen runs");
            assert_eq!(
                here.stdout,
                first.gen_(arguments).stdout.into_bytes(),
                "{arguments:?}"
            );
        }
    }
}

#[test]
fn an_output_names_no_folder_host_user_or_day() {
    let home = tempfile::tempdir().expect("a folder");
    let tree = Tree::new(&everything());
    let mut command = tree.command(&["matrix"]);
    command.env("HOME", home.path()).env("USER", "mr-nobody");
    assert!(command.status().expect("gen runs").success());
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let day = std::process::Command::new("date").arg("+%Y-%m-%d").output();
    let day = day.map_or(String::new(), |o| {
        String::from_utf8_lossy(&o.stdout).into_owned()
    });
    let mut words = vec!["mr-nobody".to_owned()];
    words.extend([tree.path(), home.path()].map(|path| path.to_string_lossy().into_owned()));
    words.extend([host, day].map(|word| word.trim().to_owned()));
    words.retain(|word| word.len() > 3);
    for (path, bytes) in outputs(&tree) {
        let text = String::from_utf8(bytes).expect("outputs are text");
        for word in &words {
            assert!(!text.contains(word), "{path} holds `{word}`");
        }
        assert!(!text.contains('\r'), "{path} has CR");
        assert!(
            text.ends_with('\n') && !text.ends_with("\n\n"),
            "{path} ends oddly"
        );
    }
}

/// Findings come sorted, and so the same whatever order a hash map has today.
#[test]
fn findings_come_in_one_order() {
    let text = matrix(3, 0..4, "curl").replace("{{ cuda.os }}", "{{ cuda.oss }}")
        + "[[exclude]]\nmatch = { job = \"devv\" }\nreason = \"x\"\n[set]\nunused = { pyton = \"3\" }\n";
    let tree = Tree::new(&text);
    let first = tree.gen_(&["check"]).ends(2).stderr;
    for _ in 0..5 {
        assert_eq!(tree.gen_(&["check"]).stderr, first);
    }
}
