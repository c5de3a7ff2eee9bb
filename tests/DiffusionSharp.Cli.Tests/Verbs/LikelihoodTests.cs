using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary><c>ddim likelihood</c>.</summary>
public sealed class LikelihoodTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Text_CSV_and_JSON_tell_the_same_bound()
    {
        var model = TinyModel.Save(scratch["model"], size: 16);
        string[] command = ["likelihood", "builtin:shapes", "--model", model, "--count", "3", "--steps", "20", "--seed", "4"];
        var json = JsonNode.Parse(ddim.Done([.. command, "--json"]))!;
        var bits = (double)json["bitsPerDimension"]!;
        Assert.Equal(bits, (double)json["prior"]! + json["terms"]!.AsArray().Sum(t => (double)t!["bits"]!), 1e-9);
        Assert.Equal((3, 20), (json["perImage"]!.AsArray().Count, json["terms"]!.AsArray().Count));

        var text = ddim.Done(command);
        Assert.StartsWith(FormattableString.Invariant($"{bits:F4} bits/dim, 95 % ["), text, StringComparison.Ordinal);
        Assert.Contains("over 3 images: variational bound over 20 timesteps", text, StringComparison.Ordinal);

        string[] rows = [.. ddim.Done([.. command, "--csv"]).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(1 + 1 + 20 + 3, rows.Length);
        Assert.Equal("kind,number,bits,x0Mse,epsilonMse", rows[0].TrimEnd('\r'));
        Assert.NotEqual(bits, (double)JsonNode.Parse(ddim.Done([.. command, "--json", "--variance", "large"]))!["bitsPerDimension"]!);
    }

    [Fact]
    public void The_flow_says_how_it_was_solved()
    {
        var model = TinyModel.Save(scratch["model"], size: 16);
        var json = JsonNode.Parse(ddim.Done("likelihood", "builtin:shapes", "--model", model, "--count", "2", "--by", "flow", "--tolerance", "0.01", "--json"))!;
        Assert.Equal(("flow", 1), ((string)json["settings"]!["by"]!, (int)json["settings"]!["probes"]!));
        Assert.InRange((double)json["bitsPerDimension"]!, 1, 1000);
        Assert.Empty(json["terms"]!.AsArray());
    }

    [Fact]
    public void Options_of_the_other_way_are_refused()
    {
        ddim.Fails(ErrorKind.Usage, "--probes is of no use with --by bound", "likelihood", "builtin:shapes", "--probes", "2");
        ddim.Fails(ErrorKind.Usage, "--steps is of no use with --by flow", "likelihood", "builtin:shapes", "--by", "flow", "--steps", "2");
        ddim.Fails(ErrorKind.Usage, "exclude each other", "likelihood", "builtin:shapes", "--csv", "--json");
        ddim.Fails(ErrorKind.Usage, "Probes is 0", "likelihood", "builtin:shapes", "--model", TinyModel.Save(scratch["model"], size: 16), "--by", "flow", "--probes", "0");
    }
}
