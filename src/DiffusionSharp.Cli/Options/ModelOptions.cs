using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Options;

/// <summary>Which model, which of its sets of weights, and what it does not say of itself.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> model = ModelOption.Create();
    private readonly Option<bool> raw = new("--raw");
    private readonly Option<bool> ema = new("--ema");
    private readonly AboutOptions about = new();

    public IEnumerable<Option> All => [model, raw, ema, .. about.All];

    /// <summary>Where the model is.</summary>
    public string Path(ParseResult r, CliHost host) => ModelOption.Resolve(r.GetValue(model), host);

    /// <summary>What the model says of itself; what was assumed besides is told on the way.</summary>
    public ModelSource Open(ParseResult r, CliHost host) => Told(ModelSource.Open(Path(r, host), r.GetValue(raw), about.Read(r), r.GetValue(ema)), host);

    /// <summary>The model on an engine.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="host">Is told what was assumed.</param>
    /// <param name="engine">Runs the network.</param>
    /// <param name="check">Refuses what does not go with the model, before its weights are read; null for nothing.</param>
    public DiffusionModel Load(ParseResult r, CliHost host, Engine engine, Action<SchedulerConfig>? check = null)
    {
        var source = ModelSource.Open(Path(r, host), r.GetValue(raw), about.Read(r), r.GetValue(ema));
        check?.Invoke(source.Scheduler);
        var loaded = DiffusionModel.Load(source, engine);
        Told(source, host);
        return loaded;
    }

    /// <summary>Tells what was assumed of a model.</summary>
    public static ModelSource Told(ModelSource source, CliHost host)
    {
        foreach (var note in source.Notes)
        {
            host.Error.WriteLine($"note: {Human.Plain(source.Path)}: {Human.Plain(note)}");
        }

        return source;
    }
}
