# SPDX-License-Identifier: Apache-2.0
"""All addresses of the product, room by room."""

from django.urls import include, path

from einlass.web import brand, callbacks, health, pictures, robots
from einlass.web.api.routes import api
from einlass.web.embedding import for_guests

urlpatterns = [
    path("health", health.health),
    path("ready", health.ready),
    path("robots.txt", robots.robots),
    path("api/v1/", api.urls),
    path("callbacks/exivo/<str:token>", callbacks.key_created, name="exivo_callback"),
    path("pictures/<slug:digest>", for_guests(pictures.picture), name="picture"),
    path("pictures/<slug:digest>/card", for_guests(pictures.card), name="picture_card"),
    path("brand/<slug:digest>.css", for_guests(brand.brand), name="brand"),
    path("manage/", include("einlass.web.manage.urls")),
    path("", include("einlass.web.booking.urls")),
]
handler404 = "einlass.web.refusals.not_found"
handler500 = "einlass.web.refusals.broken"
