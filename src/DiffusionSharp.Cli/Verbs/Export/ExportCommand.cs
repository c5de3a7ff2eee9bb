using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Onnx;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Export;

/// <summary><c>ddim export</c>: writes a network, or a whole sampler, as an ONNX file.</summary>
internal sealed class ExportCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim export --model runs/shapes --out model.onnx --check

        Writes the network as an ONNX file for any number of images N: x [N,C,H,W] float32, t [N]
        float64 and, for a model with classes, labels [N] int64 go in, m [N,C',H,W] comes out.
        With --sampler all of DDIM: noise [N,C,H,W] (and labels) go in, image [N,C,H,W] comes out.

          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --out, -o FILE.onnx    the file [model.onnx]; weights beyond 2 GB go to FILE.onnx.data
          --opset N              version of ONNX's operators, 13 to 23 [18]
          --check                run the file in ONNX Runtime and compare: at most 1e-4 from ours
          --json                 the result as JSON
        Sampler
          --sampler              the steps of a sampling run as one graph; eta is 0
          --steps N              network calls per image [50]
          --solver NAME          {{SamplingOptions.QuietSolvers}}
          --spacing RULE         {{SamplingOptions.Spacings}}
          --timesteps LIST       these timesteps instead: 900,600,300,0; or tuned: those of ddim tune
          --clip | --no-clip     whether predicted x0 is clipped [as the model says]
          --guidance W           0 ignores the class, 1 follows it, more exaggerates it [1]
        Where --check runs
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in the one network call [2], threads of both [all cores]
        """;

    private readonly CliHost host;
    private readonly ModelOptions model = new();
    private readonly OutputFile output = new("--out", "-o");
    private readonly Option<int> opset = Parse.Number<int>("--opset");
    private readonly Option<bool> check = new("--check");
    private readonly Option<bool> sampler = new("--sampler");
    private readonly Option<double> guidance = Parse.Number<double>("--guidance");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SamplingOptions sampling = new();
    private readonly EngineOptions engine = new();

    private ExportCommand(CliHost host) => this.host = host;

    private IEnumerable<Option> OfSampler => [.. sampling.Deterministic.Except([sampling.Threshold]), guidance];

    public static Command Create(CliHost host)
    {
        var export = new ExportCommand(host);
        var command = new Command("export") { export.output, export.opset, export.check, export.sampler, export.json };
        foreach (var option in export.model.All.Concat(export.OfSampler).Concat(export.engine.All))
        {
            command.Add(option);
        }

        command.SetAction(export.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var file = output.File(r, host, [".onnx"], "model.onnx")!;
        var options = new OnnxOptions { Opset = r.Or(opset, new OnnxOptions().Opset) };
        if (!r.GetValue(sampler) && OfSampler.FirstOrDefault(o => r.Has(o)) is { } alone)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{alone.Name} is about sampling, and the network alone is exported: give --sampler, too");
        }

        var images = engine.BatchSize(r, usual: 2);
        var source = model.Open(r, host);
        if (r.GetValue(sampler) && source.Scheduler.Edm is not null)
        {
            throw new DiffusionException(
                ErrorKind.Configuration, "--sampler: the network is called under EDM's preconditioning, which the exported sampler does not know: export the network alone");
        }

        var plan = r.GetValue(sampler) ? DiffusionModel.Plan(source, sampling.Resolve(r, source.Scheduler)) : null;
        var w = r.Or(guidance, 1);
        var network = source.Network.Build();
        using var weights = source.OpenWeights(network);
        if (plan is null)
        {
            OnnxExport.Network(file, network, weights.Read, options);
        }
        else
        {
            OnnxExport.Sampler(file, network, weights.Read, plan, w, options);
        }

        double? difference = null;
        if (r.GetValue(check))
        {
            using var loaded = model.Load(r, host, engine.Choose(r).Open(host));
            difference = new ExportCheck(host, loaded, file, images, r.Or(engine.Threads, 0)).Difference(plan, w);
        }

        JsonOption.Print(host, r.GetValue(json), () => Json(file, options, network, plan, difference), () => Text(file, options, network, plan, difference));
        return difference is null or <= ExportCheck.Most ? 0 : throw new DiffusionException(
            ErrorKind.Unexpected,
            FormattableString.Invariant($"{file}: ONNX Runtime and the engine are {difference:E1} of the largest value apart, more than {ExportCheck.Most:E1}"));
    }

    private static long Bytes(string file) => new[] { file, file + ".data" }.Where(File.Exists).Sum(f => new FileInfo(f).Length);

    private static string Text(string file, OnnxOptions options, NetworkGraph network, SamplingPlan? plan, double? difference)
    {
        var what = plan is null ? "the network" : $"{plan.Name}, {plan.NetworkCalls} network calls";
        var text = $"{file}  {what}, {Human.Bytes(Bytes(file))}, {network.ParameterCount:N0} parameters, opset {options.Opset}";
        return difference is null ? text : text + FormattableString.Invariant($"\nONNX Runtime and the engine are {difference:E1} of the largest value apart");
    }

    private static JsonObject Json(string file, OnnxOptions options, NetworkGraph network, SamplingPlan? plan, double? difference) => new()
    {
        ["file"] = file,
        ["exports"] = plan is null ? "network" : "sampler",
        ["networkCalls"] = plan?.NetworkCalls ?? 1,
        ["opset"] = options.Opset,
        ["bytes"] = Bytes(file),
        ["parameters"] = network.ParameterCount,
        ["difference"] = difference,
    };
}
