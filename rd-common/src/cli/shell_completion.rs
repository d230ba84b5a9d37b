//! Completion in a shell: the script that `completions` prints asks the program itself, so that it can complete names from
//! the state, and always those of this version.

use crate::error::{Error, Result};
use clap::Command;
use clap_complete::env::{CompleteEnv, EnvCompleter, Shells};
use std::ffi::OsString;
use std::path::Path;

/// The variable that holds the shell's name when its script asks for completions.
const VARIABLE: &str = "RD_COMPLETE";

/// Answers and ends the process, where a shell's script has called it for completions.
pub(super) fn answer(command: &Command) {
    CompleteEnv::with_factory(|| command.clone())
        .var(VARIABLE)
        .shells(Shells(&SHELLS))
        .complete();
}

/// The script that makes a shell complete the command line of this program.
pub(super) fn script(command: &Command, shell: clap_complete::Shell) -> Result<String> {
    let name = command.get_name();
    let mut script = Vec::new();
    let shells = Shells(&SHELLS);
    let unknown = || Error::usage(format!("there is no completion for {shell}"));
    shells
        .completer(&shell.to_string())
        .ok_or_else(unknown)?
        .write_registration(VARIABLE, name, name, name, &mut script)
        .map_err(|e| Error::failed(format!("cannot write the completion script: {e}")))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

const SHELLS: [&dyn EnvCompleter; 5] = [
    &Bash,
    &clap_complete::env::Elvish,
    &clap_complete::env::Fish,
    &clap_complete::env::Powershell,
    &Zsh,
];

/// Bash splits words at `=`, but the program needs whole ones, such as `--format=json`.
const BASH: &str = r#"_rd_complete_FUNCTION() {
    local IFS=$'\n' word typed reply words=() i last
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)) && [[ $word != = ]]; then
            word=$2
        fi
        last=$((${#words[@]} - 1))
        if ((i > 0)) && [[ $word == = || ($word != '' && ${words[last]} == *=) ]]; then
            words[last]+=$word
        elif ((i > 0)) && [[ ${words[last]} == *= && ${COMP_LINE:0:COMP_POINT} == *= ]]; then
            :
        else
            words+=("$word")
        fi
    done
    last=$((${#words[@]} - 1))
    typed=${words[last]}
    typed=${typed%"$2"}
    COMPREPLY=()
    while read -r reply; do
        COMPREPLY+=("${reply#"$typed"}")
    done < <(VARIABLE=bash _CLAP_COMPLETE_INDEX=$last _CLAP_IFS=$'\n' NAME -- "${words[@]}" 2>/dev/null && echo)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == '' ]]; then
        COMPREPLY=()
    elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _rd_complete_FUNCTION NAME 2>/dev/null || complete -F _rd_complete_FUNCTION NAME
"#;

struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        _: &str,
        _: &str,
        buf: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        let script = BASH
            .replace("FUNCTION", &name.replace('-', "_"))
            .replace("VARIABLE", var)
            .replace("NAME", name);
        buf.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        clap_complete::env::Bash.write_complete(cmd, args, current_dir, buf)
    }
}

struct Zsh;

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        "zsh"
    }

    fn is(&self, name: &str) -> bool {
        name == "zsh"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        clap_complete::env::Zsh.write_registration(var, name, bin, completer, buf)?;
        // A file of `fpath` is run for the first completion, which must not be lost.
        let function = name.replace('-', "_");
        writeln!(
            buf,
            "[[ ${{funcstack[1]-}} == _{name} ]] && _clap_dynamic_completer_{function} \"$@\"\ntrue"
        )
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        clap_complete::env::Zsh.write_complete(cmd, args, current_dir, buf)
    }
}
