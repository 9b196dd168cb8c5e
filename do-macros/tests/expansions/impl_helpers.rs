impl ChatRoom {
    fn count(&self, cx: &Cx<Self>) -> Result<u64> {
        cx.count::<Message>()
    }
}
const _: () = {
    #[allow(unused_imports)]
    use ::do_runtime::__private::__schema;
    {
        #[allow(unused_imports)]
        use ChatRoom as __schema;
        {
            #[allow(unused_imports)]
            use ::do_runtime::__private::__unless_object;
            __schema! {
                { __unless_object } { const _ : () = ::do_runtime::__private::no_object::
                < ChatRoom > (); }
            }
        }
    }
};
