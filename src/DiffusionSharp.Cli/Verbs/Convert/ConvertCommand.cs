using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Cards;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Convert;

/// <summary><c>ddim convert</c>: writes any model as a folder in diffusers' layout.</summary>
internal sealed class ConvertCommand
{
    public const string Help = """
        Example:  ddim convert ckpt.pth models/mine

        Writes a model as a folder in Hugging Face diffusers' layout, with safetensors, and compares it
        with the source number by number. IN is a checkpoint of ermongroup/ddim or pesser, of OpenAI's
        improved- or guided-diffusion, or of lucidrains' denoising-diffusion-pytorch (.pt, .pth, .ckpt,
        .bin, .safetensors), a diffusers folder, a training run or one of its checkpoints. OUT must be
        new or empty. No Python is run or needed.
        A network that diffusers' UNet2DModel cannot express keeps its own class and tensor names.

          --ema | --raw          where IN has both: averaged weights [default], or the weights themselves
          --posthoc-ema X        of a run with stored averages: the one of length X, such as 0.08
          --half                 write 16-bit numbers (float16)
          --layout L             diffusers; ermongroup: also a state dict and config.yml that load into
                                 the DDIM authors' code, in OUT/ermongroup [diffusers]
          --json                 the report as JSON
          --about KEY=VALUE,…    what a checkpoint does not say of itself; other verbs take it, too:
            image_size=64        or 64x96, height and width; OpenAI's and lucidrains' need it (= --size 64)
            num_heads=4, num_heads_upsample=4, num_head_channels=64, use_new_attention_order=True
                                 attention of OpenAI's: heads, or the width of each
            noise_schedule=linear, diffusion_steps=1000, beta_start=0.0001, beta_end=0.02
                                 or cosine, quad, const, jsd, sigmoid; linear is that of the code base
            prediction=epsilon   or sample, v_prediction
            rescale_timesteps=True   the network is given t·1000/T (improved-diffusion's default)
            clip=True            whether predicted x0 is clipped when sampling
        """;

    private readonly CliHost host;
    private readonly Argument<string> input = new("IN");
    private readonly Argument<string> output = new("OUT");
    private readonly Option<bool> raw = new("--raw");
    private readonly Option<bool> half = new("--half");
    private readonly Option<WeightsLayout> layout = Parse.Choice("--layout", ("diffusers", WeightsLayout.Diffusers), ("ermongroup", WeightsLayout.Ermongroup));
    private readonly Option<bool> ema = new("--ema");
    private readonly Option<double> posthoc = Parse.Number<double>("--posthoc-ema");
    private readonly AboutOptions about = new();
    private readonly Option<bool> json = JsonOption.Create();

    private ConvertCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var convert = new ConvertCommand(host);
        var command = new Command("convert")
        {
            convert.input, convert.output, convert.raw, convert.ema, convert.posthoc, convert.half, convert.layout, convert.json,
        };
        foreach (var option in convert.about.All)
        {
            command.Add(option);
        }

        command.SetAction(convert.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (path, folder) = (r.GetValue(input)!, r.GetValue(output)!);
        OutputName.RequireFolder(output.Name, folder);
        if (r.Has(posthoc))
        {
            return Reconstruct(r, path, folder);
        }

        var source = ModelOptions.Told(ModelSource.Open(path, r.GetValue(raw), about.Read(r), r.GetValue(ema)), host);
        var ermongroup = r.Or(layout, WeightsLayout.Diffusers) == WeightsLayout.Ermongroup;
        var report = Convert(source, folder, r.GetValue(half), ermongroup);
        JsonOption.Print(host, r.GetValue(json), () => Json(path, folder, report), () => Text(path, folder, report, ermongroup));
        return 0;
    }

    private int Reconstruct(ParseResult r, string path, string folder)
    {
        if (new Option[] { raw, ema, half, layout }.Concat(about.All).FirstOrDefault(r.Has) is { } other)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{other.Name} does not go with {posthoc.Name}, which makes a model of a run's stored averages: convert that model then");
        }

        var run = new RunFolder(path);
        if (!run.Exists)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{posthoc.Name}: {Human.Plain(path)} is no training run, and only those store averages");
        }

        AtomicFolder.RequireNew(folder);
        var length = r.GetValue(posthoc);
        var (config, average) = (RunConfig.Read(run.Config), PosthocAverage.Reconstruct(run, length, host.Interruption.Token));
        var card = ModelCard.Write(config, config.Network.Build(), average.State, CommandLog.Read(run.Root), length);
        ModelFolder.Save(folder, config.Network, config.Scheduler, average.Weights, card);
        JsonOption.Print(
            host,
            r.GetValue(json),
            () => new JsonObject { ["from"] = path, ["to"] = folder, ["length"] = length, ["images"] = average.State.Images, ["stored"] = average.Stored },
            () => FormattableString.Invariant($"{Human.Plain(path)} -> {Human.Plain(folder)}\n  the average of length {length} at {Human.Count(average.State.Images)} images, of {average.Stored} stored ones\n")
                + $"sample it: ddim sample --model {Human.Plain(ShellWord.Quote(folder))} --out grid.png\n");
        return 0;
    }

    private ConversionReport Convert(ModelSource source, string folder, bool half, bool ermongroup)
    {
        using var line = new ProgressLine(host);
        var began = host.Clock.GetTimestamp();
        var progress = new SynchronousProgress<double>(part => line.Update(part, () =>
        [
            new(Human.Plain(folder), Importance: 1),
            ProgressPart.Eta(host.Clock.GetElapsedTime(began) * ((1 - part) / part)),
        ]));
        var options = new ConversionOptions { Half = half, Ermongroup = ermongroup, Card = ConversionCard.Write(source) };
        return ModelConverter.Convert(source, folder, options, progress, host.Interruption.Token);
    }

    private static JsonObject Json(string path, string folder, ConversionReport report) => new()
    {
        ["from"] = path,
        ["to"] = folder,
        ["container"] = FormatName.Of(report.Container),
        ["layout"] = FormatName.Of(report.From),
        ["class"] = report.NetworkClass,
        ["opensInDiffusers"] = report.OpensInDiffusers,
        ["names"] = FormatName.Of(report.To),
        ["mapped"] = report.Parameters,
        ["values"] = report.Values,
        ["missing"] = 0,
        ["unused"] = JsonParts.List(report.Unused),
        ["verifiedBytes"] = report.Verified,
        ["maxDifference"] = report.MaxDifference,
        ["notes"] = JsonParts.List(report.Notes),
    };

    private static string Text(string path, string folder, ConversionReport report, bool ermongroup)
    {
        List<string> lines =
        [
            $"{Human.Plain(path)} ({FormatName.Of(report.Container)}, {FormatName.Of(report.From)}) -> {Human.Plain(folder)}",
            $"  {Human.Count(report.Parameters)} parameters with {Human.Count(report.Values)} values mapped, none missing"
                + (report.Unused.Count == 0 ? ", none left over" : $"; {Human.Count(report.Unused.Count)} tensors are no part of the network ({Groups(report.Unused)})"),
            report.MaxDifference == 0
                ? "  compared with the source: every value the same"
                : FormattableString.Invariant($"  compared with the source: at most {report.MaxDifference:0.##E+0} of a tensor's largest value apart (16 bits)"),
            report.Verified == 0 ? "  the source carries no checksums" : $"  the source's checksums are right ({Human.Bytes(report.Verified)})",
            report.OpensInDiffusers
                ? $"  class {report.NetworkClass}: made to open in Hugging Face diffusers, too"
                : $"  class {report.NetworkClass}: diffusers' UNet2DModel cannot express this network and refuses it by this name; tensors by the names of {FormatName.Of(report.To)}",
            .. ermongroup ? [$"  {Human.Plain(folder)}/ermongroup: the same weights and config.yml for the DDIM authors' code"] : Array.Empty<string>(),
            $"sample it: ddim sample --model {Human.Plain(ShellWord.Quote(folder))} --out grid.png",
        ];
        return string.Join('\n', lines) + "\n";
    }

    // What is left over, by the first part of its names.
    private static string Groups(IReadOnlyList<string> names)
    {
        const int shown = 6;
        var groups = names.GroupBy(n => n.Split('.')[0]).Select(g => g.Count() == 1 ? Human.Plain(g.First()) : $"{Human.Plain(g.Key)}.*: {g.Count()}").ToArray();
        return string.Join(", ", groups.Take(shown)) + (groups.Length > shown ? ", …" : "");
    }
}
