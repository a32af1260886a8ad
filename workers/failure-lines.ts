/**
 * What the error log says when a request could not be delivered: httpd's lines with their numbers, modules and levels,
 * because scripts look for them. Source: httpd 2.4, mod_proxy, mod_proxy_http, mod_proxy_balancer, as observed. Pure.
 */
import type { NoPick } from './balancer.js';
import type { Job } from './job.js';
import type { MemberSettings } from './member.js';
import type { Report } from './reporter.js';
import type { Failure, FailureCode, OsError } from './upstream/failure.js';

type Line = Omit<Report, 'job'>;

function line(module: Line['module'], text: string, osError?: OsError, level: Line['level'] = 'error'): Line {
  return { module, level, text, namesClient: true, osError };
}

export const NO_PICK_CODES: Record<NoPick, FailureCode> = {
  empty: 'E_BALANCER_EMPTY',
  none: 'E_BALANCER_NONE',
  route: 'E_BALANCER_ROUTE',
};

/** Nobody could be picked. */
export function noPickLine(balancer: string, why: NoPick, route: string): Line {
  switch (why) {
    case 'empty':
      return line('proxy_balancer', `AH01171: ${balancer}: No workers in balancer`);
    case 'none':
      return line('proxy_balancer', `AH01170: ${balancer}: All workers are in error state`);
    case 'route':
      return line(
        'proxy_balancer',
        `AH01167: ${balancer}: All workers are in error state for route (${route})`,
      );
  }
}

/** A member that a balancer gives up for a while because of its answer, or of none. */
export function forcedLine(balancer: string, member: string, status: number | 'timeout'): Line {
  const why =
    status === 'timeout'
      ? "timeout and 'failontimeout' parameter being set"
      : `status code ${status} matching 'failonstatus' balancer parameter`;
  const number = status === 'timeout' ? 'AH02460' : 'AH01174';
  return line(
    'proxy_balancer',
    `${number}: ${balancer}: Forcing worker (${member}) into error state due to ${why}`,
  );
}

/** EdgeOutlier has taken a member out; words: for how long and why. */
export function ejectedLine(balancer: string, member: string, words: string): Line {
  return line('proxy_balancer', `${balancer}: leaving worker (${member}) alone ${words}`);
}

/** What a balancer itself has to say. */
export function noticeLine(text: string): Line {
  return { ...line('proxy_balancer', text), namesClient: false };
}

/** A member that could not be asked, or did not answer as it should. isBalanced: it is one of a balancer's. */
export function failureLines(
  failure: Failure,
  osError: OsError | undefined,
  member: MemberSettings,
  job: Job,
  isBalanced: boolean,
): Line[] {
  const place = `${member.host}:${member.port}`;
  switch (failure.code) {
    case 'E_UPSTREAM_CONNECT': {
      const text = `AH00959: ap_proxy_connect_backend disabling worker for (${place}) for ${member.retry / 1000}s`;
      const failed = connectLine(member);
      return isBalanced ? [{ ...line('proxy', text), namesClient: false }, failed] : [failed];
    }
    case 'E_AJP_PING':
      return [line('proxy_ajp', `AH00867: cping/cpong failed to ${place} (${member.host})`, osError)];
    case 'E_AJP_CLOSED':
    case 'E_AJP_FAILED':
    case 'E_AJP_TIMEOUT':
      return ajpLines(place, member.host, osError);
    case 'E_AJP_OVERFLOW':
      return [line('proxy_ajp', `AH00868: request failed to ${place} (${member.host})`, osError)];
    case 'E_UPSTREAM_TLS': {
      const passed = `pass request body failed to ${osError?.address ?? member.host}:${member.port} (${member.host})`;
      return [
        ...(osError?.tls ?? []).map((text) => ({
          ...line('ssl', text, undefined, 'info'),
          namesClient: false,
        })),
        line('proxy', `AH01084: ${passed}`, osError),
        noteLine(failure, job),
        line('proxy_http', `AH01097: ${passed} from ${job.facts().clientAddress} ()`),
      ];
    }
    case 'E_UPSTREAM_TLS_OFF': {
      const off = 'AH01961: failed to enable ssl support [Hint: if using mod_ssl, see SSLProxyEngine]';
      const text = `AH00961: ${member.scheme}: failed to enable ssl support for ${place} (${member.host})`;
      return [line('core', off), line('proxy', text)].map((one) => ({ ...one, namesClient: false }));
    }
    case 'E_UPSTREAM_CLOSED':
    case 'E_UPSTREAM_TIMEOUT':
      return [
        line('proxy_http', `AH01102: error reading status line from remote server ${place}`, osError),
        noteLine(failure, job),
      ];
    case 'E_UPSTREAM_FIELD': {
      const text = `AH01106: bad HTTP/1.1 header returned by ${job.uri} (${job.method})`;
      return [line('proxy_http', text, undefined, 'warn')];
    }
    case 'E_UPSTREAM_BODY':
      if (member.scheme === 'ajp')
        return [line('proxy_ajp', `AH00893: dialog to ${place} (${member.host}) failed`, osError)];
      return [line('proxy_http', 'AH01110: error reading response', osError)];
    default:
      return failure.note === '' ? [] : [noteLine(failure, job, osError)];
  }
}

function connectLine(member: MemberSettings): Line {
  if (member.scheme === 'ajp')
    return line('proxy_ajp', `AH00896: failed to make connection to backend: ${member.host}`);
  return line('proxy_http', `AH01114: HTTP: failed to make connection to backend: ${member.host}`);
}

/** What the layers of mod_proxy_ajp say one after the other, the lowest first. */
function ajpLines(place: string, host: string, osError: OsError | undefined): Line[] {
  const receive = line('proxy_ajp', "AH01030: ajp_ilink_receive() can't receive header", osError);
  return [
    { ...receive, namesClient: false },
    line('proxy_ajp', 'AH00992: ajp_read_header: ajp_ilink_receive failed', NO_AJP_HEADER),
    line('proxy_ajp', `AH00878: read response failed from ${place} (${host})`, NO_AJP_HEADER),
  ];
}

/** mod_proxy_ajp's own number for it (AJP_ENO_HEADER). */
const NO_AJP_HEADER: OsError = { number: 120_006, text: 'APR does not understand this error code' };

function noteLine(failure: Failure, job: Job, osError?: OsError): Line {
  return line('proxy', `AH00898: ${failure.note} returned by ${job.uri}`, osError);
}
