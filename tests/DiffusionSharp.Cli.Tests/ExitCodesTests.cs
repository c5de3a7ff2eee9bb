using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests;

public class ExitCodesTests
{
    [Theory]
    [InlineData(ErrorKind.Unexpected, 1, "1 unexpected")]
    [InlineData(ErrorKind.Usage, 2, "2 usage")]
    [InlineData(ErrorKind.Configuration, 3, "3 configuration")]
    [InlineData(ErrorKind.Data, 4, "4 data")]
    [InlineData(ErrorKind.Storage, 5, "5 storage")]
    [InlineData(ErrorKind.NonFinite, 6, "6 numbers not finite")]
    [InlineData(ErrorKind.Device, 7, "7 device")]
    [InlineData(ErrorKind.ModelFile, 8, "8 model file")]
    public void Each_kind_has_the_number_that_scripts_know_and_help_lists(ErrorKind kind, int code, string said)
    {
        Assert.Equal(code, ExitCodes.Of(kind));
        Assert.Contains(said, new Ddim().Done("--help"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_kinds_share_a_code() => Assert.Distinct(Enum.GetValues<ErrorKind>().Select(ExitCodes.Of));
}
