using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>Runs the command in this process and keeps what it says.</summary>
internal sealed class Ddim
{
    /// <summary>One thread: the networks are tiny, and the machine may be busy.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["DDIM_THREADS"] = "1" };

    public string ProgramFolder { get; init; } = "/nowhere";

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public bool Interactive { get; init; }

    public Interruption Interruption { get; init; } = new();

    public Action? OnErrorLine { get; init; }

    public (int Code, string Out, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new NotifyingWriter(OnErrorLine);
        var code = Cli.Run(args, new CliHost
        {
            Out = output,
            Error = error,
            Interactive = Interactive,
            Clock = Clock,
            Environment = Environment.GetValueOrDefault,
            ProgramFolder = ProgramFolder,
            Interruption = Interruption,
        });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs it, expects success and returns stdout.</summary>
    public string Done(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.True(code == 0, $"exit code {code}: {error}");
        return output;
    }

    public JsonNode Json(params string[] args) => JsonNode.Parse(Done([.. args, "--json"]))!;

    /// <summary>Runs it and expects these words on stderr, the exit code, and no stack.</summary>
    public void Fails(ErrorKind kind, string words, params string[] args)
    {
        var (code, _, error) = Run(args);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Of(kind), code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Contains("ddim: ", error, StringComparison.Ordinal);
    }

    private sealed class NotifyingWriter(Action? onLine) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            onLine?.Invoke();
        }
    }
}
