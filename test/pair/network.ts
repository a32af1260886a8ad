/**
 * Hosts of a network of their own, as Linux network namespaces: each has `eth0` and a loopback, all hang on one bridge in
 * a namespace that is nobody's. What runs on a host is an ordinary process that was started there. `close` ends those
 * that are left, by their numbers, and takes the network away.
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** Why no namespace can be made here; undefined: it can. */
export function whyNoNetwork(): string | undefined {
  const name = `drover-try-${process.pid}`;
  try {
    run('ip', 'netns', 'add', name);
    try {
      run('ip', '-n', name, 'link', 'add', 'br0', 'type', 'bridge');
      run('ip', '-n', name, 'link', 'add', 'try0', 'type', 'veth', 'peer', 'name', 'try1');
    } finally {
      run('ip', 'netns', 'del', name);
    }
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return (stderr?.toString() ?? message).trim();
  }
}

function run(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export class Network {
  readonly #names: string[] = [];
  readonly #hosts: Host[] = [];
  readonly #switch = `drover-${process.pid}-switch`;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    run('ip', 'netns', 'add', this.#switch);
    this.#names.push(this.#switch);
    this.#on(
      this.#switch,
      'link',
      'add',
      'br0',
      'type',
      'bridge',
      'mcast_snooping',
      '0',
      'forward_delay',
      '0',
    );
    this.#on(this.#switch, 'link', 'set', 'br0', 'up');
  }

  /** A host with an address of 10.77.0.0/24. */
  add(name: string, address: string): Host {
    const namespace = `drover-${process.pid}-${name}`;
    run('ip', 'netns', 'add', namespace);
    this.#names.push(namespace);
    const own = ['link', 'add', 'eth0', 'netns', namespace, 'type', 'veth'];
    run('ip', ...own, 'peer', 'name', name, 'netns', this.#switch);
    this.#on(this.#switch, 'link', 'set', name, 'master', 'br0', 'up');
    this.#on(namespace, 'link', 'set', 'lo', 'up');
    this.#on(namespace, 'link', 'set', 'eth0', 'up');
    this.#on(namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    const host = new Host(namespace, address, this.#children);
    this.#hosts.push(host);
    return host;
  }

  #on(namespace: string, ...words: string[]): void {
    run('ip', '-n', namespace, ...words);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children].map((child) => end(child)));
    for (const host of this.#hosts) host.clean();
    for (const name of this.#names) run('ip', 'netns', 'del', name);
  }
}

export class Host {
  readonly address: string;
  readonly #namespace: string;
  readonly #children: Set<ChildProcess>;

  constructor(namespace: string, address: string, children: Set<ChildProcess>) {
    this.#namespace = namespace;
    this.address = address;
    this.#children = children;
  }

  /** Starts a program on this host; `ip netns exec` becomes it, so that the number is its own. */
  start(command: string, words: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#namespace, command, ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options,
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Addresses that it has now. */
  addresses(): string[] {
    const text = run('ip', '-n', this.#namespace, '-4', '-o', 'address', 'show', 'dev', 'eth0');
    return [...text.matchAll(/inet ([\d.]+)/g)].map(([, address = '']) => address);
  }

  /** Takes an address away that whoever put it there has left. */
  forget(address: string): void {
    if (this.addresses().includes(address))
      run('ip', '-n', this.#namespace, 'address', 'flush', 'dev', 'eth0', 'to', `${address}/32`);
  }

  /** Runs `ip` on this host; what it printed. */
  ip(...words: string[]): string {
    return run('ip', '-n', this.#namespace, ...words);
  }

  /** Sets a parameter of its kernel: `net.ipv4.ip_forward`. */
  sysctl(name: string, value: string): void {
    run('ip', 'netns', 'exec', this.#namespace, 'sysctl', '-q', '-w', `${name}=${value}`);
  }

  /** Runs a program on this host to its end; what it printed. errors: when it fails */
  run(command: string, ...words: string[]): string {
    return run('ip', 'netns', 'exec', this.#namespace, command, ...words);
  }

  /** Programs that are started here from now on ask this name server. */
  resolveBy(address: string): void {
    mkdirSync(this.#own, { recursive: true });
    // `ip netns exec` puts the files of this folder over those in /etc.
    writeFileSync(`${this.#own}/resolv.conf`, `nameserver ${address}\n`);
    writeFileSync(`${this.#own}/nsswitch.conf`, 'hosts: files dns\n');
  }

  /** Takes away what `resolveBy` wrote. */
  clean(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }

  get #own(): string {
    return `/etc/netns/${this.#namespace}`;
  }

  /** Pulls the plug of its network, or puts it back. */
  link(isUp: boolean): void {
    run('ip', '-n', this.#namespace, 'link', 'set', 'eth0', isUp ? 'up' : 'down');
  }

  /** Every process on this host. */
  processes(): number[] {
    return run('ip', 'netns', 'pids', this.#namespace).trim().split('\n').filter(Boolean).map(Number);
  }
}

/** Kills a process; resolves when it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
