import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system, really mounted. To mount one, be root. */
export interface Mount extends Disposable {
  path: string;
  /** Takes all the room there is. */
  fill(): void;
  /** Gives it back. */
  empty(): void;
}

/** @param at where; else a folder of its own */
export function mountTmpfs(size: string, at?: string): Mount {
  return mount(['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs'], at);
}

/**
 * ext4 on a file, whose files can be sealed (`chattr +i`), which holds for those who have them open too, and which the kernel
 * turns read-only when it finds it broken.
 */
export function mountExt4(
  size: string,
): Mount & { seal(file: string, sealed: boolean): void; breakDown(): void; repair(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  const image = join(folder, 'image');
  execFileSync('truncate', ['-s', size, image]);
  // Without a journal, which would be replayed by a mount and is not what is asked here.
  execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', image]);
  const args = ['-o', 'loop,errors=remount-ro', image];
  const made = mount(args, join(folder, 'mount'));
  return {
    ...made,
    seal: (file, sealed) => void execFileSync('chattr', [sealed ? '+i' : '-i', join(made.path, file)]),
    breakDown() {
      const device = execFileSync('losetup', ['-j', image, '-n', '-O', 'NAME'], { encoding: 'utf8' }).trim();
      writeFileSync(`/sys/fs/ext4/${device.split('/').at(-1)}/trigger_fs_error`, 'a test');
    },
    repair() {
      execFileSync('umount', [made.path]);
      // Its exit code 1 says that it mended something.
      spawnSync('e2fsck', ['-f', '-y', image]);
      execFileSync('mount', [...args, made.path]);
    },
    [Symbol.dispose]() {
      made[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function mount(args: readonly string[], at = mkdtempSync(join(tmpdir(), 'mount-'))): Mount {
  mkdirSync(at, { recursive: true });
  execFileSync('mount', [...args, at]);
  const ballast = join(at, 'ballast');
  return {
    path: at,
    fill() {
      const file = openSync(ballast, 'a');
      const page = Buffer.alloc(4096);
      try {
        for (;;) writeSync(file, page);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      // Lazily: what still has a file of it open is being ended.
      execFileSync('umount', ['-l', at]);
      rmSync(at, { recursive: true, force: true });
    },
  };
}

/** Why these cases cannot run here, or null. */
export function whyNoMounts(): string | null {
  if (process.platform !== 'linux') return 'they mount file systems as Linux does';
  if (process.getuid?.() !== 0) return 'only root can mount a file system';
  try {
    // Root of a container may lack the capability, the loop devices or the programs.
    mountTmpfs('1m')[Symbol.dispose]();
    mountExt4('1M')[Symbol.dispose]();
    return null;
  } catch (error) {
    return `no file system can be mounted: ${error instanceof Error ? error.message : String(error)}`;
  }
}
