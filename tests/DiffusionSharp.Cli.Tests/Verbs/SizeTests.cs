using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>Numbers of a stranger's config, or of the command line, that would take more than a machine has: refused at once, by every verb alike.</summary>
public sealed class SizeTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("sample", "--model", "MODEL", "--out", "OUT")]
    [InlineData("plan", "--model", "MODEL")]
    [InlineData("inspect", "MODEL")]
    [InlineData("train", "builtin:shapes", "--from", "MODEL", "--steps", "1", "--out", "OUT")]
    [InlineData("convert", "MODEL", "OUT")]
    [InlineData("export", "--model", "MODEL", "--out", "OUT")]
    [InlineData("invert", "builtin:shapes", "--model", "MODEL", "--out", "OUT")]
    [InlineData("tune", "--model", "MODEL", "--steps", "2")]
    public void A_strangers_sample_size_is_refused_by_every_verb(params string[] args)
    {
        var model = TinyModel.Save(scratch["model"]);
        var config = Path.Combine(model, "unet", "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["sample_size"] = 1 << 20;
        File.WriteAllText(config, json.ToJsonString());

        ddim.Fails(
            ErrorKind.ModelFile, "config.json': network node x of 3×1048576×1048576 would be 3,298,534,883,328 values",
            [.. args.Select(a => a.Replace("MODEL", model, StringComparison.Ordinal).Replace("OUT", scratch["out"], StringComparison.Ordinal))]);
        Assert.False(Path.Exists(scratch["out"]));
    }

    [Theory]
    [InlineData(ErrorKind.Configuration, "T = 2000000000: 1 to 1000000", "plan", "--train-timesteps", "2000000000")]
    [InlineData(ErrorKind.Configuration, "T = 2000000000: 1 to 1000000", "plan", "--train-timesteps", "2000000000", "--schedule", "cosine")]
    [InlineData(ErrorKind.Usage, "--steps: found 2000000000", "plan", "--steps", "2000000000")]
    [InlineData(ErrorKind.Usage, "a batch of 10000000 predictions of 3072 values would be", "sample", "--count", "10000000", "--batch", "10000000", "--out", "OUT/x.npz")]
    [InlineData(ErrorKind.Usage, "a sheet of 1000000 pictures", "sample", "--count", "1000000", "--out", "OUT/x.png")]
    [InlineData(ErrorKind.Usage, "a sheet of 1000000 pictures", "interpolate", "--seeds", "1,2,3,4", "--frames", "1000", "--out", "OUT/x.png")]
    [InlineData(ErrorKind.Configuration, "layers_per_block 2000000000", "train", "builtin:shapes", "--layers", "2000000000", "--steps", "1", "--out", "OUT/r")]
    [InlineData(ErrorKind.Configuration, "T = 2000000000: 1 to 1000000", "train", "builtin:shapes", "--train-timesteps", "2000000000", "--schedule", "const", "--steps", "1", "--out", "OUT/r")]
    [InlineData(ErrorKind.Configuration, "threads 2000000000", "train", "builtin:shapes", "--threads", "2000000000", "--steps", "1", "--out", "OUT/r")]
    [InlineData(ErrorKind.Device, "batches of 1048576 images of 3×256×256, need", "train", "builtin:shapes", "--size", "256", "--batch", "1048576", "--steps", "1", "--out", "OUT/r")]
    public void A_number_on_the_command_line_is_refused(ErrorKind kind, string says, params string[] args)
    {
        string[] model = args[0] is "sample" or "interpolate" ? ["--model", TinyModel.Save(scratch["model"], size: 32)] : [];
        ddim.Fails(kind, says, [.. args.Select(a => a.Replace("OUT", scratch.Root, StringComparison.Ordinal)), .. model]);
    }
}
