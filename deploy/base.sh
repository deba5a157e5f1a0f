#!/bin/sh
# The base of the relay's image: Debian's smallest system with Python, as the image localhost/nullabona-base.
#
#   deploy/base.sh            make it from exactly the packages whose hashes are in deploy/base.lock
#   deploy/base.sh --lock     take Debian's packages of today and write their hashes into deploy/base.lock
#   deploy/base.sh --tar FILE [--lock]   write the system to FILE instead of importing it
#
# Needs root, mmdebstrap and buildah (Debian: apt install mmdebstrap buildah). No package's script runs before its hash
# was compared. Debian removes a version when a newer one is out: then the build stops and says so, and --lock goes on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
suite=trixie
tar= lock=
while [ $# -gt 0 ]; do
    case $1 in
    --lock) lock=1 ;;
    --tar) tar=$2 && shift ;;
    *) echo "usage: base.sh [--lock] [--tar FILE]" >&2 && exit 2 ;;
    esac
    shift
done
for tool in mmdebstrap ${tar:+true} $([ -n "$tar" ] || echo buildah); do
    command -v "$tool" >/dev/null || { echo "missing: $tool
   hint: on Debian: apt install mmdebstrap buildah" >&2 && exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$lock" ]; then : >"$work/base.lock"; else cp "$here/base.lock" "$work/base.lock"; fi
# Runs in the new system before dpkg does, with the files on standard input; before that, on the essential packages
# which mmdebstrap has unpacked and not yet configured.
cat >"$work/check.sh" <<CHECK
set -eu
while read -r file; do
    sum=\$(sha256sum "\$file" | cut -d ' ' -f 1)
    line="\$sum  \$(basename "\$file")"
    if [ -n "$lock" ]; then echo "\$line" >>"\$1"; elif ! grep -qxF "\$line" "\$1"; then
        echo "not in deploy/base.lock: \$line" >&2
        echo "   hint: if Debian has a newer version, look at what changed, then: deploy/base.sh --lock" >&2
        exit 1
    fi
done
CHECK

# mmdebstrap gives each hook the new system's folder as $1.
cat >"$work/unpacked.sh" <<HOOK
set -eu
cp "$work/check.sh" "$work/base.lock" "\$1/"
ls "\$1"/var/cache/apt/archives/*.deb | sh "\$1/check.sh" "\$1/base.lock"
echo 'DPkg::Pre-Install-Pkgs { "sh /check.sh /base.lock"; };' >"\$1/etc/apt/apt.conf.d/98check"
HOOK
cat >"$work/done.sh" <<HOOK
set -eu
mv "\$1/base.lock" "$work/base.lock"
rm -rf "\$1/check.sh" "\$1/etc/apt/apt.conf.d/98check" "\$1"/usr/share/doc "\$1"/usr/share/man "\$1"/var/log/*.log
HOOK

mmdebstrap --quiet --mode=root --variant=minbase --include=python3,python3-venv,ca-certificates \
    --aptopt='Apt::Install-Recommends "false"' \
    --extract-hook="sh $work/unpacked.sh \"\$1\"" --customize-hook="sh $work/done.sh \"\$1\"" \
    "$suite" "${tar:-$work/base.tar}"
[ -z "$lock" ] || sort -u -k 2 "$work/base.lock" >"$here/base.lock"
[ -z "$tar" ] || exit 0

container=$(buildah from scratch)
buildah add --quiet "$container" "$work/base.tar" / >/dev/null
buildah commit --quiet --rm "$container" localhost/nullabona-base >/dev/null
echo "localhost/nullabona-base"
