#!/bin/sh
# What the packages' own scripts would have done and a host for tests needs. Runs once, while the image is built.
set -eu
cp /usr/share/base-passwd/passwd.master /etc/passwd
cp /usr/share/base-passwd/group.master /etc/group
ln -sf mawk /usr/bin/awk
ln -sf which.debianutils /usr/bin/which
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n' > /etc/nsswitch.conf
ldconfig

# An ordinary user beside root, whom the same key lets in.
echo 'u sshd - "" /run/sshd /usr/sbin/nologin' > /usr/lib/sysusers.d/sshd.conf
echo 'u deploy 1000 "" /home/deploy /bin/bash' > /usr/lib/sysusers.d/deploy.conf
systemd-sysusers
sed -i 's/^\([a-z]*\):[^:]*/\1:*/' /etc/shadow
install -d -m 0755 -o deploy -g deploy /home/deploy
: > /etc/environment

for kind in auth account password session; do
  echo "$kind required pam_unix.so" > /etc/pam.d/common-$kind
done
cp /etc/pam.d/common-session /etc/pam.d/common-session-noninteractive

cp /usr/share/openssh/sshd_config /etc/ssh/sshd_config
printf 'HostKey /etc/ssh/host_key\nPasswordAuthentication no\nPrintMotd no\n' > /etc/ssh/sshd_config.d/test.conf
systemctl enable --quiet ssh.service
systemctl set-default --quiet multi-user.target
systemctl mask --quiet systemd-udevd.service console-getty.service getty.target systemd-firstboot.service
: > /etc/machine-id
