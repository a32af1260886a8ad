/**
 * Health checks (mod_proxy_hcheck): which members are sent requests after checks have failed or passed. Checks come every
 * 200 ms; a case waits until several have been made before it looks. (httpd-semantics 2.10)
 */
import { describeAlike } from '../harness/alike.js';
import { type DiffCase, get, type Step, times } from '../harness/case.js';
import type { Answer, Script } from '../harness/origins.js';
import { DEAD, LISTEN, WEB1, WEB2, WEB3 } from '../harness/places.js';

const CHECKED = 'hcuri=/healthz hcinterval=200ms';
/** What came of the first of so many checks counts by now. */
const CHECKS = 5;

/** Checks of one member answer like this; all else is answered as ever. */
function checksOf(name: string, answer: Answer | ((count: number) => Answer)): () => Script {
  return () => {
    let count = 0;
    return ({ member, line }) => {
      if (member !== name || !(line.includes('/healthz') || line.startsWith('OPTIONS *'))) return {};
      count += 1;
      return typeof answer === 'function' ? answer(count) : answer;
    };
  };
}

/** After the checks have settled, requests are served by these members, `-` for a 503. */
function settled(
  name: string,
  members: string,
  script?: () => Script,
  until: Pick<Step, 'checks' | 'logs' | 'after'> = { checks: CHECKS },
): DiffCase {
  const [first, ...rest] = times(members.length, get('/x'));
  return {
    name,
    steps: first === undefined ? [] : [{ ...first, ...until }, ...rest],
    expect: [...members].map((digit) => (digit === '-' ? '503 -' : `200 web${digit}`)),
    ...(script === undefined ? {} : { script }),
  };
}

interface Pool {
  name: string;
  members: string[];
  before?: string;
  settings?: string;
  cases: DiffCase[];
}

function describePool({ name, members, before = '', settings = '', cases }: Pool): void {
  const lines = members.map((member) => `  BalancerMember ${member}`);
  const head = [`Listen ${LISTEN}`, before, '<Proxy balancer://c>'];
  const config = [...head, ...lines, settings, '</Proxy>', 'ProxyPass / balancer://c/'].join('\n');
  describeAlike({ name: `health checks: ${name}`, fresh: true, config, cases });
}

const three = (parameters: string): string[] => [
  `http://${WEB1} ${parameters}`,
  `http://${WEB2}`,
  `http://${WEB3}`,
];

for (const method of ['GET', 'HEAD', 'GET11', 'HEAD11']) {
  describePool({
    name: method,
    members: three(`hcmethod=${method} ${CHECKED}`),
    cases: [settled('takes a member out whose checks fail', '2323', checksOf('web1', { status: 503 }))],
  });
}
describePool({
  name: 'a redirect',
  members: three(`hcmethod=GET ${CHECKED}`),
  cases: [settled('counts as a success', '1231', checksOf('web1', { status: 302 }))],
});
describePool({
  name: 'OPTIONS',
  members: three('hcmethod=OPTIONS hcinterval=200ms'),
  cases: [settled('asks for * and takes the member out', '2323', checksOf('web1', { status: 500 }))],
});
describePool({
  name: 'TCP',
  members: [`http://${DEAD} hcmethod=TCP hcinterval=200ms`, `http://${WEB2}`, `http://${WEB3} hcmethod=TCP`],
  cases: [
    settled('takes a member out that cannot be connected to', '2323', undefined, {
      logs: { text: 'AH00957', times: 2 },
    }),
  ],
});
describePool({
  name: 'a condition on the status',
  before: 'ProxyHCExpr ok234 {%{REQUEST_STATUS} =~ /^[234]/}',
  members: three(`hcmethod=GET ${CHECKED} hcexpr=ok234`),
  cases: [
    settled('keeps a member that it allows', '1231', checksOf('web1', { status: 404 })),
    settled('takes a member out that it does not', '2323', checksOf('web1', { status: 500 })),
  ],
});
describePool({
  name: 'a condition on the body',
  before: "ProxyHCExpr alive {hc('body') =~ /ALIVE/}",
  members: three(`hcmethod=GET ${CHECKED} hcexpr=alive`),
  cases: [
    settled('keeps a member that says it', '1231', checksOf('web1', { body: 'I am ALIVE' })),
    settled('takes a member out that does not', '2323', checksOf('web1', { body: 'so so' })),
  ],
});
describePool({
  name: 'a condition that is not met by an error',
  before: 'ProxyHCExpr in {%{REQUEST_STATUS} -lt 500 && %{REQUEST_STATUS} -ne 404}',
  members: three(`hcmethod=HEAD ${CHECKED} hcexpr=in`),
  cases: [settled('takes the member out', '2323', checksOf('web1', { status: 404 }))],
});
describePool({
  name: 'a template',
  before: 'ProxyHCTemplate t hcmethod=GET hcuri=/healthz hcinterval=200ms',
  members: three('hctemplate=t'),
  cases: [settled('gives its parameters', '2323', checksOf('web1', { status: 503 }))],
});
describePool({
  name: 'every member out',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED}`, `http://${WEB2} status=+D`],
  cases: [settled('leaves nobody, and no recovery is forced', '--', checksOf('web1', { status: 503 }))],
});
describePool({
  name: 'spares',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED}`, `http://${WEB2}`, `http://${WEB3} status=+R`],
  cases: [settled('replace a member that is out', '2323', checksOf('web1', { status: 503 }))],
});
describePool({
  name: 'standbys',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED}`, `http://${WEB3} status=+H`],
  cases: [settled('serve when all others are out', '33', checksOf('web1', { status: 503 }))],
});
describePool({
  name: 'a stopped member',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED} status=+S`, `http://${WEB2}`],
  // There are no checks to wait for.
  cases: [settled('does not come back by a check', '22', undefined, { after: 1800 })],
});
describePool({
  name: 'coming back',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED} hcpasses=2`, `http://${WEB2}`],
  cases: [
    {
      name: 'needs as many successes as hcpasses says',
      // The first two checks fail, whoever makes them at his own pace.
      script: checksOf('web1', (count) => (count <= 2 ? { status: 503 } : {})),
      steps: [{ ...get('/x'), checks: CHECKS + 3 }, get('/x'), get('/x'), get('/x')],
      expect: ['200 web1', '200 web2', '200 web1', '200 web2'],
    },
  ],
});
describePool({
  name: 'an error of traffic',
  members: [`http://${WEB1} hcmethod=GET ${CHECKED}`, `http://${WEB2}`],
  settings: 'ProxySet failonstatus=500',
  cases: [
    {
      name: 'is forgotten when a check passes, long before retry is over',
      script:
        () =>
        ({ line, member }) =>
          line.includes('/bad') && member === 'web1' ? { status: 500 } : {},
      steps: [get('/bad'), { ...get('/x'), checks: CHECKS }, get('/x'), get('/x'), get('/x')],
      expect: ['500 web1', '200 web2', '200 web1', '200 web2', '200 web1'],
    },
  ],
});
describePool({
  name: 'sessions',
  members: [`http://${WEB1} route=a hcmethod=GET ${CHECKED}`, `http://${WEB2} route=b`],
  settings: 'ProxySet stickysession=SID',
  cases: [
    {
      name: 'go elsewhere while their member is out',
      script: checksOf('web1', { status: 503 }),
      steps: [{ ...get('/x', ['Cookie: SID=1.a']), checks: CHECKS }, get('/x', ['Cookie: SID=1.b'])],
      expect: ['200 web2', '200 web2'],
    },
  ],
});
