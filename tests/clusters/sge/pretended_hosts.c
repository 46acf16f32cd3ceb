/* Lets daemons and commands of Grid Engine on one machine be hosts of their own, without /etc/hosts.

   Grid Engine knows a host by its name, and refuses a connection that comes from an address of
   another name. Loaded before its programs (LD_PRELOAD), with PRETENDED_HOST naming one of the
   hosts below, this makes a program have that name, leave from that address, and know all names. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct host {
  char name[8];
  char address[16];
};
static struct host HOSTS[] = {
    {"master", "127.0.78.1"}, {"n1", "127.0.78.11"}, {"n2", "127.0.78.12"}};
enum { COUNT = sizeof HOSTS / sizeof *HOSTS };

static struct host *named(const char *name) {
  for (int i = 0; i < COUNT; i++)
    if (name && !strcmp(name, HOSTS[i].name)) return &HOSTS[i];
  return NULL;
}

static struct host *own(void) { return named(getenv("PRETENDED_HOST")); }

static in_addr_t number(const struct host *host) { return inet_addr(host->address); }

/* the C library's own function of that name */
#define LIBRARY(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int gethostname(char *buffer, size_t size) {
  struct host *host = own();
  if (!host) return LIBRARY(gethostname)(buffer, size);
  if (strlen(host->name) >= size) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(buffer, host->name);
  return 0;
}

/* The library's answer for the address, which needs no file, under the host's name. */
static int answer(struct host *host, struct hostent *entry, char *buffer, size_t size,
                  struct hostent **result, int *problem) {
  int status = LIBRARY(gethostbyname_r)(host->address, entry, buffer, size, result, problem);
  if (!status && *result) entry->h_name = host->name;
  return status;
}

int gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size,
                    struct hostent **result, int *problem) {
  struct host *host = named(name);
  return host ? answer(host, entry, buffer, size, result, problem)
              : LIBRARY(gethostbyname_r)(name, entry, buffer, size, result, problem);
}

int gethostbyaddr_r(const void *address, socklen_t length, int type, struct hostent *entry,
                    char *buffer, size_t size, struct hostent **result, int *problem) {
  for (int i = 0; i < COUNT; i++)
    if (type == AF_INET && ((const struct in_addr *)address)->s_addr == number(&HOSTS[i]))
      return answer(&HOSTS[i], entry, buffer, size, result, problem);
  return LIBRARY(gethostbyaddr_r)(address, length, type, entry, buffer, size, result, problem);
}

/* Two hosts listen at one port, each at its own address. */
int bind(int socket, const struct sockaddr *address, socklen_t length) {
  struct sockaddr_in there;
  if (own() && address->sa_family == AF_INET) {
    memcpy(&there, address, sizeof there);
    if (there.sin_addr.s_addr == htonl(INADDR_ANY)) there.sin_addr.s_addr = number(own());
    return LIBRARY(bind)(socket, (struct sockaddr *)&there, sizeof there);
  }
  return LIBRARY(bind)(socket, address, length);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  struct sockaddr_in here;
  socklen_t size = sizeof here;
  if (own() && address->sa_family == AF_INET &&
      !getsockname(socket, (struct sockaddr *)&here, &size) && here.sin_port == 0) {
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = number(own());
    LIBRARY(bind)(socket, (struct sockaddr *)&here, sizeof here);
  }
  return LIBRARY(connect)(socket, address, length);
}
