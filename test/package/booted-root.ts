/**
 * A Debian root with systemd as its process 1, in namespaces of its own: what a container is, without a program for it.
 * Everything that was started there ends with `end`, and nothing of it is seen outside.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What systemd wants to find: api file systems, a few devices, a tree of control groups. $1 root. */
const SETUP = `
set -e
root=$1
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs
mkdir sys/fs/cgroup
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for fd in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/\${fd%:*} dev/\${fd#*:}; done
ip link set lo up
pivot_root . mnt
umount -l /mnt
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=console
`;

/** Units that look for hardware, or for somebody who logs in. */
const MASKED = ['systemd-udevd.service', 'systemd-logind.service', 'console-getty.service'];

export class BootedRoot {
  readonly #groups: string;
  readonly #outer: ChildProcess;
  #said = '';

  private constructor(root: string, groups: string) {
    this.#groups = groups;
    const namespaces = ['--mount', '--pid', '--cgroup', '--net', '--uts', '--ipc'];
    const words = [
      ...namespaces,
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      'sh',
      '-c',
      SETUP,
      'sh',
      root,
    ];
    // The namespace of control groups begins at the group that its maker is in.
    const join = 'echo $$ > "$0/booted/cgroup.procs" && exec unshare "$@"';
    this.#outer = spawn('sh', ['-c', join, groups, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#outer.stdout, this.#outer.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
  }

  /** Boots it; why that cannot be done here, where it cannot. */
  static async boot(root: string, groups: string): Promise<BootedRoot | string> {
    for (const unit of MASKED) {
      rmSync(join(root, 'etc/systemd/system', unit), { force: true });
      symlinkSync('/dev/null', join(root, 'etc/systemd/system', unit));
    }
    mkdirSync(groups, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'cgroup2', 'none', groups], { encoding: 'utf8' });
    if (mounted.status !== 0) return mounted.stderr.trim();
    mkdirSync(join(groups, 'booted'), { recursive: true });
    const booted = new BootedRoot(root, groups);
    for (let tries = 0; tries < 1200 && booted.#outer.exitCode === null; tries++) {
      await sleep(100);
      const { stdout } = booted.run('systemctl', 'is-system-running');
      if (/^(?:running|degraded)/.test(stdout)) return booted;
    }
    const said = booted.#said.trim().split('\n').slice(-3).join(' ');
    await booted.end(root);
    return said === '' ? 'systemd does not come up' : said;
  }

  /** Runs a command in it. */
  run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
    const outer = this.#outer.pid as number;
    const children = readFileSync(`/proc/${outer}/task/${outer}/children`, 'latin1').trim();
    const enter = [
      '-t',
      children,
      '--mount',
      '--pid',
      '--cgroup',
      '--net',
      '--uts',
      '--ipc',
      '--root',
      '--wd=/',
    ];
    if (children === '') return { status: null, stdout: '', stderr: 'nothing runs there' };
    return spawnSync('nsenter', [...enter, '--', ...words], { encoding: 'utf8' });
  }

  /** Ends all of it, and takes away what it left in the control groups and the root. */
  async end(root: string): Promise<void> {
    const { exitCode, signalCode } = this.#outer;
    if (exitCode === null && signalCode === null) {
      const gone = new Promise((resolve) => this.#outer.once('exit', resolve));
      this.#outer.kill('SIGKILL');
      await gone;
    }
    const groups = join(this.#groups, 'booted');
    for (let tries = 0; tries < 100; tries++) {
      const { status } = spawnSync('find', [groups, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
      if (status === 0) break;
      await sleep(50);
    }
    execFileSync('umount', [this.#groups]);
    for (const unit of MASKED) rmSync(join(root, 'etc/systemd/system', unit), { force: true });
  }
}
