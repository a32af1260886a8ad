/**
 * What the pages of rarer statuses say, where nothing of the request or the configuration stands in them.
 * Source: observed on httpd 2.4.71. Pure data.
 */
export const PAGE_TEXTS: Readonly<Record<number, string>> = {
  300: '',
  305: '<p>This resource is only accessible through the proxy\n<br />\nYou will need to configure your client to use that proxy.</p>',
  406: '<p>An appropriate representation of the requested resource could not be found on this server.</p>',
  410: '<p>The requested resource is no longer available on this server and there is no forwarding address.\nPlease remove all references to this resource.</p>',
  412: '<p>The precondition on the request for this URL evaluated to false.</p>',
  415: '<p>The supplied request data is not in a format\nacceptable for processing by this resource.</p>',
  416: '<p>None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource.</p>',
  422: '<p>The server understands the media type of the\nrequest entity, but was unable to process the\ncontained instructions.</p>',
  423: '<p>The requested resource is currently locked.\nThe lock must be released or proper identification\ngiven before the method can be applied.</p>',
  424: '<p>The method could not be performed on the resource\nbecause the requested action depended on another\naction and that other action failed.</p>',
  426: "<p>The requested resource can only be retrieved\nusing SSL.  The server is willing to upgrade the current\nconnection to SSL, but your client doesn't support it.\nEither upgrade your client, or try requesting the page\nusing https://",
  428: '<p>The request is required to be conditional.</p>',
  431: '<p>The server refused this request because\nthe request header fields are too large.</p>',
  451: '<p>Access to this URL has been denied for legal reasons.<br />\n</p>',
  506: '<p>A variant for the requested resource\n<pre>\n\n</pre>\nis itself a negotiable resource. This indicates a configuration error.</p>',
  507: '<p>The method could not be performed on the resource\nbecause the server is unable to store the\nrepresentation needed to successfully complete the\nrequest.  There is insufficient free space left in\nyour storage allocation.</p>',
  508: '<p>The server terminated an operation because\nit encountered an infinite loop.</p>',
  510: '<p>A mandatory extension policy in the request is not\naccepted by the server for this resource.</p>',
  511: '<p>The client needs to authenticate to gain\nnetwork access.</p>',
};
