#!/bin/sh
# The first process of a host: takes its keys, gives systemd a tree of control groups that it may write to, and becomes systemd.
set -eu
install -m 0600 /onward-host/host_key /etc/ssh/host_key
install -d -m 0700 /root/.ssh
install -m 0600 /onward-host/login_key.pub /root/.ssh/authorized_keys
install -d -m 0700 -o deploy -g deploy /home/deploy/.ssh
install -m 0600 -o deploy -g deploy /onward-host/login_key.pub /home/deploy/.ssh/authorized_keys
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec /sbin/init
