# Third-party libraries, each as one imported target. Where they come from and why: deps/README.md.
set(PLUMB_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "Where ./dev setup put the pinned packages")
file(GLOB PLUMB_SITE ${PLUMB_DEPS}/venv/lib/python3*/site-packages)
if(NOT PLUMB_SITE)
  message(FATAL_ERROR "The pinned packages are missing: ${PLUMB_DEPS}. Run ./dev setup first.")
endif()

# Arrow and Parquet from the wheel: the libraries carry their version in the name and there is no unversioned link.
set(ARROW_HOME ${PLUMB_SITE}/pyarrow)
foreach(library arrow arrow_compute parquet)
  file(GLOB location ${ARROW_HOME}/lib${library}.so.*00)
  if(NOT location)
    message(FATAL_ERROR "The pyarrow wheel in ${ARROW_HOME} has no lib${library}. Run ./dev setup again.")
  endif()
  add_library(dep_${library} SHARED IMPORTED)
  set_target_properties(dep_${library} PROPERTIES IMPORTED_LOCATION ${location}
                        INTERFACE_INCLUDE_DIRECTORIES ${ARROW_HOME}/include)
endforeach()
target_link_libraries(dep_parquet INTERFACE dep_arrow)

# XGBoost is loaded at run time by the trainer; its path is compiled in as a default.
file(GLOB PLUMB_XGBOOST ${PLUMB_SITE}/xgboost/lib/libxgboost.so)

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(date REQUIRED)
