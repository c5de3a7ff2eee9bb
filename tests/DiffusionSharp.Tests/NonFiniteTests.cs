namespace DiffusionSharp.Tests;

public sealed class NonFiniteTests
{
    private static readonly DiffusionException Found = new(ErrorKind.NonFinite, "update 7: the loss is NaN");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_the_engine_is_right_the_settings_are_to_blame(bool bfloat16)
    {
        var e = NonFinite.Explain(Found, "run/checkpoints/16", fault: null, bfloat16);
        Assert.Equal(ErrorKind.NonFinite, e.Kind);
        Assert.StartsWith("update 7: the loss is NaN. The last good checkpoint is run/checkpoints/16. ", e.Message);
        Assert.Contains("lower the learning rate", e.Message);
        Assert.Equal(bfloat16, e.Message.Contains("float32", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_the_engine_is_wrong_the_learning_rate_is_not()
    {
        var e = NonFinite.Explain(Found, latest: null, "libtorch computes wrongly on this machine", bfloat16: false);
        Assert.Equal(ErrorKind.Device, e.Kind);
        Assert.Equal("update 7: the loss is NaN. The last good checkpoint is none. libtorch computes wrongly on this machine", e.Message);
    }
}
