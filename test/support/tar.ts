import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

/** Packs a folder as a vendor does, by its name; equal files give equal bytes under any name. */
export async function packFolder(folder: string, to: string): Promise<void> {
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--use-compress-program=gzip -n'];
  await promisify(execFile)('tar', ['-cf', to, ...plain, '-C', dirname(folder), basename(folder)]);
}

/** One entry of a tar as nobody's tar would write it. */
export interface RawEntry {
  readonly name: string | Buffer;
  /** As the header has it: 0 file, 1 hard link, 2 link, 3 and 4 devices, 5 folder, 6 pipe. */
  readonly type?: string;
  readonly mode?: number;
  readonly target?: string;
  readonly text?: string;
  /** What the header says of its size, when that is not so. */
  readonly bytes?: number;
}

/** A gzipped tar of any entries, hostile ones too, header by header. */
export function packRaw(entries: readonly RawEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.map(renderEntry), Buffer.alloc(1024)]));
}

function renderEntry({ name, type = '0', mode = 0o644, target = '', text = '', bytes }: RawEntry): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.alloc(512);
  header.set(Buffer.from(name), 0);
  const fields: readonly (readonly [number, string])[] = [
    [100, octal(mode, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(bytes ?? content.length, 11)],
    [136, octal(0, 11)],
    [148, ' '.repeat(8)],
    [156, type],
    [157, target],
    [257, 'ustar\0'],
    [263, '00'],
  ];
  for (const [at, value] of fields) header.write(value, at, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
