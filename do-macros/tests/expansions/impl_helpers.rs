impl ChatRoom {
    fn count(&self, cx: &Cx<Self>) -> Result<u64> {
        cx.count::<Message>()
    }
}
