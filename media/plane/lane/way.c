/* The way of RTP packets out of one connection: encrypted and sent at once. Called like MediaLink.send_rtp, its twin. */
#include "lane.h"
#include <arpa/inet.h>

/* Where the nominated pair leads; false with an exception set. */
static bool find_path(Way *self, PyObject *pair)
{
    PyObject *port;
    const char *host;
    unsigned short number;
    Py_CLEAR(self->pair);
    PyObject *path = PyObject_CallMethodOneArg(self->link, name.path_to->word, pair);
    if (path == NULL)
        return false;
    if (!PyArg_ParseTuple(path, "O!sH", &Port_Type, &port, &host, &number)) {
        Py_DECREF(path);
        return false;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)&self->to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&self->to;
    memset(&self->to, 0, sizeof self->to);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(number);
        self->to_size = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(number);
        self->to_size = sizeof *v6;
    } else {
        PyErr_SetString(PyExc_ValueError, "a pair without a numeric address");
        Py_DECREF(path);
        return false;
    }
    Py_XSETREF(self->port, (Port *)Py_NewRef(port));
    self->pair = Py_NewRef(pair);
    Py_DECREF(path);
    return true;
}

/* Whether `path` is up to date: there is a nominated pair, and it leads somewhere. 1, 0, -1 with an exception set. */
static int has_path(Way *self)
{
    PyObject *nominated = get(self->link, name.nominated);
    PyObject *component = PyLong_FromLong(1);
    PyObject *pair = nominated != NULL && component != NULL && PyDict_Check(nominated)
                         ? Py_XNewRef(PyDict_GetItemWithError(nominated, component))
                         : NULL;
    Py_XDECREF(component);
    Py_XDECREF(nominated);
    if (pair == NULL)
        return PyErr_Occurred() ? -1 : 0;
    int found = pair == self->pair || find_path(self, pair) ? 1 : -1;
    Py_DECREF(pair);
    return found;
}

int way_send(Way *self, uint8_t *buffer, int size)
{
    if (size > MAX_SRTP_PACKET - MAX_SRTP_TRAILER || self->link == NULL)
        return 0;
    PyObject *srtp = get(self->link, name.srtp);
    if (srtp == NULL)
        return -1;
    int result = Py_TYPE(srtp) == &Srtp_Type ? has_path(self) : 0;
    if (result == 1) {
        Srtp *session = (Srtp *)srtp;
        if (self->port->fd >= 0 && session->protect(session->tx, buffer, &size) == 0 && size > 0 && size <= BUFFER)
            /* A full buffer or an unreachable network loses a datagram, as UDP does. */
            (void)!sendto(self->port->fd, buffer, (size_t)size, MSG_DONTWAIT, (struct sockaddr *)&self->to, self->to_size);
        result = 0;
    }
    Py_DECREF(srtp);
    return result;
}

static PyObject *call(Way *self, PyObject *args, PyObject *kwargs)
{
    _Alignas(16) uint8_t buffer[BUFFER];
    const char *packet;
    Py_ssize_t size;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "a way takes no names");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "y#", &packet, &size))
        return NULL;
    if (size < RTP_HEADER || size > MAX_SRTP_PACKET - MAX_SRTP_TRAILER)
        Py_RETURN_NONE;
    memcpy(buffer, packet, (size_t)size);
    if (way_send(self, buffer, (int)size) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"link", NULL};
    PyObject *link;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", names, &link))
        return NULL;
    Way *self = (Way *)type->tp_alloc(type, 0);
    if (self != NULL)
        self->link = Py_NewRef(link);
    return (PyObject *)self;
}

static int traverse(Way *self, visitproc visit, void *arg)
{
    Py_VISIT(self->link);
    Py_VISIT(self->pair);
    Py_VISIT(self->port);
    return 0;
}

static int clear(Way *self)
{
    Py_CLEAR(self->link);
    Py_CLEAR(self->pair);
    Py_CLEAR(self->port);
    return 0;
}

static void dealloc(Way *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Way_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "media.plane.lane._lane.Way",
    .tp_doc = "Way(link): call it with an RTP packet to encrypt and send that; dropped when there is no connection.",
    .tp_basicsize = sizeof(Way),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = new,
    .tp_call = (ternaryfunc)call,
    .tp_traverse = (traverseproc)traverse,
    .tp_clear = (inquiry)clear,
    .tp_dealloc = (destructor)dealloc,
};
