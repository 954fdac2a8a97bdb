/**
 * `systemdImage()`: Debian with systemd as process 1, sshd and Node, made of Debian's packages. `dockerHostImage()`: the same with the Docker of
 * this machine, whose engine is a unit.
 *
 * The packages are unpacked and set up by a short script (systemd-setup.sh) instead of by their own: that takes 10 s in all, and a debootstrap
 * takes a minute.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyIn, copyNode, ensureImage, keyOfFiles, librariesOf } from './rootfs.ts';

const run = promisify(execFile);
const PACKAGES = [
  ...['systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'iproute2', 'curl', 'procps', 'netbase', 'libstdc++6'],
];
/** Asked for by scripts that do not run here. */
const UNUSED = /^(perl|perl-modules|libperl|usrmerge|apt|libapt-pkg|debconf|ucf|adduser|gcc-12-base)[-_0-9.]*_/;
const UNREAD = ['doc', 'man', 'info', 'locale', 'bash-completion'].map((name) => `--exclude=./usr/share/${name}/*`);
/** Folders of old whose place is below /usr now; packages still name them. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** Its reference. Needs Debian's package lists (`apt-get update`), and root, because the files belong to several users. */
export async function systemdImage(): Promise<string> {
  const setup = await readFile(new URL('./systemd-setup.sh', import.meta.url), 'utf8');
  const init = await readFile(new URL('./systemd-init.sh', import.meta.url), 'utf8');
  return ensureImage({
    name: 'onward-test/systemd',
    key: [...PACKAGES, `${UNUSED}`, ...UNREAD, setup, init, ...(await keyOfFiles(process.execPath))],
    configuration: ['RUN sh /setup.sh && rm /setup.sh', 'ENV container=docker', 'CMD ["sh", "/init.sh"]'],
    async fill(folder) {
      await unpackPackages(folder);
      await copyNode(folder);
      await writeFile(join(folder, 'setup.sh'), setup);
      await writeFile(join(folder, 'init.sh'), init);
    },
  });
}

const DOCKER_PROGRAMS = ['docker', 'dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc'];
/** What the image has already, and of its own version. */
const OF_THE_SYSTEM = /\/(ld-linux|libc\.|libsystemd\.)/;
/** Its containers have the network of the host; an engine in a container may keep no firewall rules, and needs none for that. */
const DOCKER_UNIT = `[Unit]
After=network.target
[Service]
Type=notify
ExecStart=/usr/bin/env dockerd --iptables=false --ip6tables=false --bridge=none
KillMode=process
Delegate=yes
[Install]
WantedBy=multi-user.target
`;

/** Its reference. */
export async function dockerHostImage(): Promise<string> {
  const from = await systemdImage();
  const programs = await Promise.all(DOCKER_PROGRAMS.map(findProgram));
  return ensureImage({
    name: 'onward-test/docker-host',
    from,
    key: [DOCKER_UNIT, ...(await keyOfFiles(...programs))],
    configuration: ['RUN ldconfig && systemctl enable --quiet docker.service'],
    async fill(folder) {
      const libraries = (await Promise.all(programs.map(librariesOf))).flat();
      for (const path of programs) await copyIn(folder, path);
      for (const path of libraries.filter((each) => !OF_THE_SYSTEM.test(each)))
        await copyIn(folder, path, path.replace(/^\/lib/, '/usr/lib'));
      await mkdir(join(folder, 'etc/systemd/system'), { recursive: true });
      await writeFile(join(folder, 'etc/systemd/system/docker.service'), DOCKER_UNIT);
    },
  });
}

async function findProgram(name: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', 'PATH="$PATH:/usr/sbin" command -v "$1"', 'sh', name]);
  return stdout.trim();
}

async function unpackPackages(folder: string): Promise<void> {
  const packages = await mkdtemp(join(tmpdir(), 'onward-packages-'));
  try {
    await download(packages);
    for (const name of MERGED) {
      await mkdir(join(folder, 'usr', name), { recursive: true });
      await symlink(`usr/${name}`, join(folder, name));
    }
    const names = (await readdir(packages)).filter((name) => name.endsWith('.deb') && !UNUSED.test(name));
    const unpack = `dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2" ${UNREAD.join(' ')}`;
    for (const name of names) await run('sh', ['-c', unpack, 'sh', join(packages, name), folder]);
  } finally {
    await rm(packages, { recursive: true, force: true });
  }
}

/** The packages, and all that they need on a machine with nothing. */
async function download(folder: string): Promise<void> {
  await mkdir(join(folder, 'partial'));
  const nothing = join(folder, 'status');
  await writeFile(nothing, '');
  const settings = [`Dir::State::status=${nothing}`, `Dir::Cache::archives=${folder}`, 'APT::Sandbox::User=root'];
  const options = settings.flatMap((setting) => ['-o', setting]);
  await run(
    'apt-get',
    [
      ...options,
      '--quiet',
      '--yes',
      '--no-install-recommends',
      '--download-only',
      'install',
      '?essential',
      ...PACKAGES,
    ],
    { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 },
  );
}
