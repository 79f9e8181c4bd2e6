/** Where a browser gets its session: the Web UI of a server without sign-in has no token to send. */
export function loginPage(message = ''): string {
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Tidemark codec server</title></head>
  <body style="font: 16px sans-serif; margin: 4rem auto; max-width: 30rem">
    <h1>Read payloads</h1>
    <p>${message === '' ? 'With your token, this browser may read encrypted payloads in the Web UI for 12 hours.' : message}</p>
    <form method="post" action="login">
      <input name="token" type="password" autocomplete="current-password" aria-label="Token" required autofocus>
      <button>Sign in</button>
    </form>
  </body>
</html>
`;
}
