using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tests.Sampling.Plans;

public class EtaTests
{
    [Theory]
    [InlineData("0", 0, false, "0")]
    [InlineData(" 0.5", 0.5, false, "0.5")]
    [InlineData("1", 1, false, "1")]
    [InlineData("hat", 1, true, "hat")]
    [InlineData("HAT", 1, true, "hat")]
    [InlineData(" Learned ", 1, false, "learned")]
    public void Reads_and_writes(string text, double value, bool hat, string written)
    {
        var eta = Eta.Parse(text);
        Assert.Equal((value, hat, written), (eta.Value, eta.IsHat, eta.ToString()));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("-0.1")]
    [InlineData("NaN")]
    [InlineData("hut")]
    [InlineData("")]
    [InlineData("0,5")]
    public void Refuses_the_rest(string text)
    {
        var error = Assert.Throws<DiffusionException>(() => Eta.Parse(text));
        Assert.Equal(ErrorKind.Usage, error.Kind);
        Assert.Contains("give a number in [0, 1], hat or learned", error.Message);
    }

    [Fact]
    public void Hat_and_learned_are_not_one()
    {
        Assert.Equal(3, new HashSet<Eta> { Eta.Hat, Eta.Learned, 1, Eta.FromDouble(1) }.Count);
        Assert.Equal((true, false), (Eta.Learned.IsLearned, Eta.Hat.IsLearned));
        Assert.Equal(Eta.FromDouble(0), default);
    }
}
