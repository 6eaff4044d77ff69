// What people write who want a page to run it. Each calls `pwn()`, should it ever be more than text.
export const PAYLOADS = [
  "<script>pwn()</script>",
  "</script><script>pwn()</script>",
  "</title><script>pwn()</script>",
  "</textarea><script>pwn()</script>",
  "<ScRiPt >pwn()</sCrIpT>",
  "<scr<script>ipt>pwn()</script>",
  "<!--><script>pwn()</script>-->",
  "]]><script>pwn()</script>",
  "<img src=x onerror=pwn()>",
  '"><img src=x onerror=pwn()>',
  "'><svg onload=pwn()>",
  "<svg/onload=pwn()//",
  "<body onload=pwn()>",
  "<video src=x onerror=pwn()>",
  "<details open ontoggle=pwn()>",
  "<input autofocus onfocus=pwn()>",
  '" onmouseover=pwn() x="',
  "' autofocus onfocus=pwn() x='",
  "<iframe src=javascript:pwn()>",
  '<iframe srcdoc="<svg onload=parent.pwn()>">',
  "<object data=javascript:pwn()>",
  "<a href=javascript:pwn()>click</a>",
  "<form action=javascript:pwn()><button>go",
  "<math><mi xlink:href=javascript:pwn()>x",
  "<meta http-equiv=refresh content=0;url=javascript:pwn()>",
  "<style>@import'javascript:pwn()'</style>",
  "javascript:pwn()//https://example.org",
  "data:text/html,<script>pwn()</script>",
  'https://example.org/"onmouseover="pwn()',
  "{{constructor.constructor('pwn()')()}}",
  "$" + "{pwn()} #{pwn()} <%= pwn() %>",
  "&lt;script&gt;pwn()&lt;/script&gt;",
  "\\u003cscript\\u003epwn()\\u003c/script\\u003e",
  "\u202e<script>pwn()</script>\u2066\u200b",
];

/** All payloads, as few texts of at most `most` characters as hold them. */
export function packed(most: number): string[] {
  const texts: string[] = [];
  for (const payload of PAYLOADS) {
    const last = texts.at(-1);
    const longer = `${last} ${payload}`;
    if (last !== undefined && longer.length <= most) texts[texts.length - 1] = longer;
    else texts.push(payload);
  }
  return texts;
}
