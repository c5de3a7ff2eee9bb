using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.CommandLine;

/// <summary>Exit code 2, one line, and what to do.</summary>
public sealed class UsageErrorTests
{
    private readonly Ddim ddim = new();

    [Theory]
    [InlineData("did you mean sample?", "sampel")]
    [InlineData("did you mean data check?", "data", "chek")]
    [InlineData("there is no verb 'frobnicate' (ddim --help lists them)", "frobnicate")]
    [InlineData("there is no option '--stesp'; did you mean --steps?", "plan", "--stesp", "3")]
    [InlineData("there is no option '--epoch'; did you mean --epochs?", "train", "--epoch", "3")]
    [InlineData("--steps: found 'x'; a whole number is expected", "plan", "--steps", "x")]
    [InlineData("'--steps'", "plan", "--steps")]
    [InlineData("'nonsense'", "plan", "nonsense")]
    [InlineData("eta: found 1.5; give a number in [0, 1], hat or learned", "plan", "--eta", "1.5")]
    [InlineData("--spacing: found 'even'; choose among uniform", "plan", "--spacing", "even")]
    [InlineData("exclude each other", "plan", "--clip", "--no-clip")]
    [InlineData("exclude each other", "plan", "--json", "--csv")]
    [InlineData("leave out --steps", "plan", "--timesteps", "9,5", "--steps", "2")]
    [InlineData("--size: found '8x8x8'", "train", "builtin:shapes", "--out", "/tmp/none", "--size", "8x8x8")]
    [InlineData("--duration: found 'soon'", "train", "builtin:shapes", "--out", "/tmp/none", "--duration", "soon")]
    [InlineData("--background: found 'white'; colour 'white' found, #RRGGBB expected", "train", "builtin:shapes", "--dry-run", "--background", "white")]
    [InlineData("--nearest: found 0", "score", "/tmp", "--nearest", "0")]
    [InlineData("--channels: found 0", "train", "builtin:shapes", "--dry-run", "--size", "16", "--channels", "0")]
    [InlineData("each 1 to 1024", "train", "builtin:shapes", "--dry-run", "--size", "16", "--multipliers", "1,2000000000")]
    [InlineData("a run has 1 to 1E+11", "train", "builtin:shapes", "--dry-run", "--size", "16", "--epochs", "1e300")]
    [InlineData("a run has 1 to 1E+11", "train", "builtin:shapes", "--dry-run", "--size", "16", "--steps", "9000000000000000000")]
    [InlineData("--out is missing", "train", "builtin:shapes")]
    [InlineData("both name the length", "train", "builtin:shapes", "--dry-run", "--steps", "1", "--epochs", "1")]
    [InlineData("no such built-in data set", "train", "builtin:faces", "--dry-run")]
    [InlineData("--seeds: found '5-2'", "sample", "--seeds", "5-2")]
    [InlineData("a seed is there twice", "sample", "--seeds", "1,1")]
    [InlineData("pictures are written as PNG", "sample", "--out", "x.jpg")]
    [InlineData("--batch: found 0", "sample", "--batch", "0")]
    [InlineData("give one with --init-image", "sample", "--strength", "0.5")]
    [InlineData("give one with --init-image", "sample", "--mask", "m.png")]
    [InlineData("give a --mask", "sample", "--init-image", "x.png", "--resample", "3")]
    [InlineData("from an image: give one", "sample", "--init-image", "x.png", "--init", "x.npy")]
    [InlineData("--strength: found '1.5'", "sample", "--init-image", "x.png", "--strength", "1.5")]
    [InlineData("--input is missing", "predict", "--timesteps", "1", "--output", "y.npy")]
    public void Is_one_line_with_advice(string words, params string[] args)
    {
        ddim.Fails(ErrorKind.Usage, words, args);
        Assert.Single(ddim.Run(args).Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Verbose_shows_where()
    {
        var (code, _, error) = ddim.Run("inspect", "/no/such/model", "--verbose");

        Assert.Equal(ExitCodes.Of(ErrorKind.Data), code);
        Assert.Contains("   at DiffusionSharp.", error, StringComparison.Ordinal);
    }
}
