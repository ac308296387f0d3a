/* A media socket of one connection: reads what waits, takes steady packets itself and hands on the rest. */
#include "lane.h"
#include <arpa/inet.h>
#include <errno.h>

enum { AT_ONCE = 8, ROUNDS = 4 }; /* then the others have their turn; what still waits is announced again */

typedef struct {
    _Alignas(16) uint8_t bytes[AT_ONCE][BUFFER];
    struct sockaddr_storage from[AT_ONCE];
    socklen_t from_size[AT_ONCE];
    int size[AT_ONCE];
    bool cut[AT_ONCE];
} Batch;

/* How many came; at most AT_ONCE. */
static int receive(int fd, Batch *batch)
{
    struct iovec into[AT_ONCE];
    int count;
#ifdef __linux__
    struct mmsghdr messages[AT_ONCE];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < AT_ONCE; i++) {
        into[i] = (struct iovec){batch->bytes[i], BUFFER};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->from[i], .msg_namelen = sizeof batch->from[i], .msg_iov = &into[i], .msg_iovlen = 1};
    }
    count = recvmmsg(fd, messages, AT_ONCE, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        batch->size[i] = (int)messages[i].msg_len;
        batch->from_size[i] = messages[i].msg_hdr.msg_namelen;
        batch->cut[i] = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    }
#else
    for (count = 0; count < AT_ONCE; count++) {
        into[count] = (struct iovec){batch->bytes[count], BUFFER};
        struct msghdr message = {.msg_name = &batch->from[count], .msg_namelen = sizeof batch->from[count],
                                 .msg_iov = &into[count], .msg_iovlen = 1};
        ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
        if (size < 0)
            break;
        batch->size[count] = (int)size;
        batch->from_size[count] = message.msg_namelen;
        batch->cut[count] = (message.msg_flags & MSG_TRUNC) != 0;
    }
#endif
    return count;
}

/* (host, port), borrowed; as asyncio and uvloop write them. The last one is kept: it is nearly always the same. */
static PyObject *address_of(Port *self, const struct sockaddr_storage *from, socklen_t size)
{
    char host[INET6_ADDRSTRLEN];
    int number;
    if (self->address != NULL && size == self->last_size && memcmp(from, &self->last, size) == 0)
        return self->address;
    if (from->ss_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        number = ntohs(v4->sin_port);
    } else if (from->ss_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        number = ntohs(v6->sin6_port);
    } else {
        PyErr_SetString(PyExc_ValueError, "a datagram without an address");
        return NULL;
    }
    PyObject *address = Py_BuildValue("(si)", host, number);
    if (address == NULL)
        return NULL;
    Py_XSETREF(self->address, address);
    memcpy(&self->last, from, size);
    self->last_size = size;
    return address;
}

/* The Python code gets the datagram as it came. */
static int hand_over(PyObject *to, PyObject *method, const uint8_t *data, int size, PyObject *address)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)data, size);
    if (bytes == NULL)
        return -1;
    PyObject *result = PyObject_CallMethodObjArgs(to, method, bytes, address, NULL);
    Py_DECREF(bytes);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static bool is_rtp(const uint8_t *data, int size)
{
    return size >= SHORTEST_PACKET && size <= MAX_SRTP_PACKET && data[0] > 127 && data[0] < 192 &&
           (data[1] < 192 || data[1] > 223);
}

/* An RTP datagram from an authenticated address: decrypt it, and on. */
static int take_rtp(Port *self, Srtp *srtp, uint8_t *data, int size, double now, PyObject *now_object)
{
    if (!srtp_open(srtp, data, &size))
        return add_to(self->link, name.rejected, 1);
    if (set(self->link, name.last_heard_at, now_object) < 0)
        return -1;
    enum outcome outcome = take_steady(self->link, data, size, now, now_object);
    if (outcome != FOR_PYTHON)
        return outcome == TAKEN ? 0 : -1;
    PyObject *intake = get(self->link, name.intake);
    if (intake == NULL)
        return -1;
    int result = hand_over(intake, name.take->word, data, size, now_object);
    Py_DECREF(intake);
    return result;
}

static int take_datagram(Port *self, uint8_t *data, int size, PyObject *address, double now, PyObject *now_object)
{
    if (!is_rtp(data, size)) /* STUN, DTLS, RTCP, and what is none of them */
        return hand_over(self->protocol, name.datagram_received->word, data, size, address);
    PyObject *known_addresses = get(self->link, name._known);
    if (known_addresses == NULL)
        return -1;
    int authenticated = PySequence_Contains(known_addresses, address);
    Py_DECREF(known_addresses);
    if (authenticated < 0)
        return -1;
    PyObject *srtp = get(self->link, name.srtp);
    if (srtp == NULL)
        return -1;
    int result = authenticated && Py_TYPE(srtp) == &Srtp_Type
                     ? take_rtp(self, (Srtp *)srtp, data, size, now, now_object)
                     : add_to(self->link, name.rejected, 1);
    Py_DECREF(srtp);
    return result;
}

/* What one packet raises must not cost the next one: it is told and done with. -1 for what ends the program. */
static int report(Port *self)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    PyObject *result = PyObject_CallOneArg(self->failed, error);
    Py_XDECREF(result);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return result == NULL ? -1 : 0;
}

static int take_batch(Port *self, Batch *batch, int count)
{
    PyObject *now_object = PyObject_CallNoArgs(self->clock);
    if (now_object == NULL)
        return -1;
    double now = PyFloat_AsDouble(now_object);
    int result = now == -1.0 && PyErr_Occurred() ? -1 : 0;
    for (int i = 0; i < count && result == 0 && self->fd >= 0; i++) {
        if (batch->size[i] == 0)
            continue;
        PyObject *address = address_of(self, &batch->from[i], batch->from_size[i]);
        Py_XINCREF(address);
        int taken = address == NULL ? -1
                    : batch->cut[i] ? add_to(self->link, name.rejected, 1)
                                    : take_datagram(self, batch->bytes[i], batch->size[i], address, now, now_object);
        Py_XDECREF(address);
        if (taken < 0)
            result = report(self);
    }
    Py_DECREF(now_object);
    return result;
}

static PyObject *ready(Port *self, PyObject *Py_UNUSED(nothing))
{
    Batch batch;
    for (int round = 0; round < ROUNDS && self->fd >= 0; round++) {
        int count = receive(self->fd, &batch);
        if (count > 0 && take_batch(self, &batch, count) < 0)
            return NULL;
        if (count < AT_ONCE)
            break;
    }
    Py_RETURN_NONE;
}

static PyObject *port_close(Port *self, PyObject *Py_UNUSED(nothing))
{
    self->fd = -1;
    Py_RETURN_NONE;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"fd", "link", "protocol", "clock", "failed", NULL};
    PyObject *link, *protocol, *clock, *failed;
    int fd;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iOOOO", names, &fd, &link, &protocol, &clock, &failed))
        return NULL;
    Port *self = (Port *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->fd = fd;
    self->link = Py_NewRef(link);
    self->protocol = Py_NewRef(protocol);
    self->clock = Py_NewRef(clock);
    self->failed = Py_NewRef(failed);
    return (PyObject *)self;
}

static int traverse(Port *self, visitproc visit, void *arg)
{
    Py_VISIT(self->link);
    Py_VISIT(self->protocol);
    Py_VISIT(self->clock);
    Py_VISIT(self->failed);
    Py_VISIT(self->address);
    return 0;
}

static int clear(Port *self)
{
    self->fd = -1; /* what is gone below is not touched any more */
    Py_CLEAR(self->link);
    Py_CLEAR(self->protocol);
    Py_CLEAR(self->clock);
    Py_CLEAR(self->failed);
    Py_CLEAR(self->address);
    return 0;
}

static void dealloc(Port *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef methods[] = {
    {"ready", (PyCFunction)ready, METH_NOARGS, "Take what waits in the socket, without waiting for more."},
    {"close", (PyCFunction)port_close, METH_NOARGS, "From now on nothing is received or sent here."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject Port_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "media.plane.lane._lane.Port",
    .tp_doc = "Port(fd, link, protocol, clock, failed): the reading end of a media socket; `failed` is told of exceptions.",
    .tp_basicsize = sizeof(Port),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = new,
    .tp_traverse = (traverseproc)traverse,
    .tp_clear = (inquiry)clear,
    .tp_dealloc = (destructor)dealloc,
    .tp_methods = methods,
};
