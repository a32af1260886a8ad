/**
 * A real Apache Tomcat for tests: Debian's tomcat10 with a CATALINA_BASE in a folder of its own and AJP connectors on free
 * ports. One JVM holds two services, `one` and `two`, with the same pages and jvmRoutes of their own, because a second
 * JVM would cost more than all the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../native-bench/free-port.js';

const HOME = '/usr/share/tomcat10';

/** Writes back what it is sent, and says in fields what it was told of the request. */
const ECHO = `<%@ page session="false" trimDirectiveWhitespaces="true" %><%
  response.setContentType("application/octet-stream");
  response.setHeader("X-Line", request.getMethod() + " " + request.getRequestURI() + " " + request.getQueryString());
  response.setHeader("X-Client", request.getRemoteAddr());
  response.setHeader("X-Server", request.getServerName() + ":" + request.getServerPort());
  response.setHeader("X-Colour", String.valueOf(request.getAttribute("colour")));
  response.setHeader("X-Remote-Port", String.valueOf(request.getRemotePort() > 0));
  response.setHeader("X-Tls", request.isSecure() + " " + request.getScheme() + " "
    + request.getAttribute("jakarta.servlet.request.cipher_suite") + " "
    + request.getAttribute("jakarta.servlet.request.key_size") + " "
    + request.getAttribute("org.apache.tomcat.util.net.secure_protocol_version"));
  response.setHeader("X-Long", String.valueOf(request.getHeader("X-Long") == null ? 0 : request.getHeader("X-Long").length()));
  response.setHeader("X-Length", String.valueOf(request.getContentLength()));
  byte[] bytes = new byte[8192];
  java.io.InputStream in = request.getInputStream();
  java.io.OutputStream to = response.getOutputStream();
  int n;
  while ((n = in.read(bytes)) > 0) to.write(bytes, 0, n);
%>`;

/** Counts the visits of a session. */
const VISITS = `<%@ page trimDirectiveWhitespaces="true" %><%
  Integer n = (Integer) session.getAttribute("n");
  n = n == null ? 1 : n + 1;
  session.setAttribute("n", n);
  out.print(session.getId().replaceAll("^.*[.]", "") + " " + n);
%>`;

/** So many bytes as it is asked for. */
const BYTES = `<%@ page session="false" trimDirectiveWhitespaces="true" %><%
  response.setContentType("application/octet-stream");
  int left = Integer.parseInt(request.getParameter("n"));
  byte[] bytes = new byte[65536];
  java.util.Arrays.fill(bytes, (byte) 'x');
  java.io.OutputStream to = response.getOutputStream();
  for (; left > 0; left -= bytes.length) to.write(bytes, 0, Math.min(left, bytes.length));
%>`;

/** Two pieces, of which the second waits until its client has asked for it, by an attribute of the application. */
const PIECES = `<%@ page session="false" trimDirectiveWhitespaces="true" %><%
  if ("on".equals(request.getParameter("go"))) application.setAttribute("go", "on");
  else {
    response.setContentType("application/octet-stream");
    java.io.OutputStream to = response.getOutputStream();
    to.write("first".getBytes());
    response.flushBuffer();
    for (int n = 0; n < 1000 && application.getAttribute("go") == null; n += 1) Thread.sleep(10);
    to.write((application.getAttribute("go") == null ? "late" : "second").getBytes());
    application.removeAttribute("go");
  }
%>`;

/** A status, with a message; and a body that is not read. */
const STATUS = `<%@ page session="false" trimDirectiveWhitespaces="true" %><%
  response.setStatus(Integer.parseInt(request.getParameter("s")));
%>`;

export function isTomcatInstalled(): boolean {
  return existsSync(join(HOME, 'bin/bootstrap.jar'));
}

export class Tomcat {
  readonly ports: readonly [number, number];
  /** Where packets of 64 KB are taken; it leads to `one`. */
  readonly wide: number;
  readonly secret = 'between-us';
  readonly #base: string;
  #jvm: ChildProcess | undefined;

  private constructor(base: string, ports: readonly [number, number], wide: number) {
    this.#base = base;
    this.wide = wide;
    this.ports = ports;
  }

  static async start(): Promise<Tomcat> {
    const base = mkdtempSync(join(tmpdir(), 'drover-tomcat-'));
    const ports = [await freePort(), await freePort()] as const;
    const tomcat = new Tomcat(base, ports, await freePort());
    for (const name of ['conf', 'temp', 'work', 'logs', 'webapps/ROOT'])
      mkdirSync(join(base, name), { recursive: true });
    copyFileSync(join(HOME, 'etc/web.xml'), join(base, 'conf/web.xml'));
    const services = ['one', 'two'].map((name, index) => tomcat.#service(name, ports[index] as number));
    writeFileSync(join(base, 'conf/server.xml'), `<Server port="-1">${services.join('')}</Server>`);
    for (const [name, text] of Object.entries({
      echo: ECHO,
      visits: VISITS,
      bytes: BYTES,
      pieces: PIECES,
      status: STATUS,
    }))
      writeFileSync(join(base, `webapps/ROOT/${name}.jsp`), text);
    await tomcat.run();
    return tomcat;
  }

  #service(name: string, port: number): string {
    const connector = `protocol="AJP/1.3" address="127.0.0.1" secret="${this.secret}"`;
    const wide = `<Connector ${connector} port="${this.wide}" packetSize="65536" allowedRequestAttributesPattern=".*"/>`;
    const host = '<Host name="localhost" appBase="webapps"/>';
    return `<Service name="${name}">
<Connector ${connector} port="${port}" allowedRequestAttributesPattern=".*"/>
${name === 'one' ? wide : ''}
<Engine name="${name}" defaultHost="localhost" jvmRoute="${name}">${host}</Engine>
</Service>`;
  }

  /** Starts the JVM and waits until both connectors serve. */
  async run(): Promise<void> {
    const jars = ['bootstrap.jar', 'tomcat-juli.jar'].map((jar) => join(HOME, 'bin', jar)).join(':');
    const where = [
      `-Dcatalina.home=${HOME}`,
      `-Dcatalina.base=${this.#base}`,
      `-Djava.io.tmpdir=${this.#base}/temp`,
    ];
    const small = ['-Xmx160m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
    const jvm = spawn(
      'java',
      [...small, ...where, '-cp', jars, 'org.apache.catalina.startup.Bootstrap', 'start'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#jvm = jvm;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('Server startup in')) resolve();
      };
      jvm.stdout.on('data', hear);
      jvm.stderr.on('data', hear);
      jvm.once('error', reject);
      jvm.once('exit', () => reject(new Error(`Tomcat ended at once: ${said}`)));
    });
  }

  /** Ends the JVM, as a crash would. */
  async kill(): Promise<void> {
    const jvm = this.#jvm;
    this.#jvm = undefined;
    if (jvm === undefined || jvm.exitCode !== null || jvm.signalCode !== null) return;
    jvm.kill('SIGKILL');
    await once(jvm, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#base, { recursive: true, force: true });
  }
}
