using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Output;

/// <summary>A line that says how far something is: drawn over on a terminal, elsewhere a plain line every few seconds.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    private readonly CliHost host;
    private long last;
    private bool shown;

    public ProgressLine(CliHost host)
    {
        this.host = host;
        last = host.Clock.GetTimestamp();
    }

    /// <summary>Shows a line when the last one is old enough.</summary>
    /// <param name="fraction">Done so far, 0…1.</param>
    /// <param name="text">The rest; made only when it is shown.</param>
    /// <param name="force">Shows it in any case.</param>
    public void Update(double fraction, Func<string> text, bool force = false)
    {
        if (!force && host.Clock.GetElapsedTime(last) < (host.Interactive ? TerminalInterval : PlainInterval))
        {
            return;
        }

        last = host.Clock.GetTimestamp();
        if (!host.Interactive)
        {
            host.Error.WriteLine($"{100 * fraction:F1} %  {text()}");
            return;
        }

        const int cells = 20;
        var full = (int)Math.Round(Math.Clamp(fraction, 0, 1) * cells);
        var line = $"{new string('█', full)}{new string('░', cells - full)} {100 * fraction,5:F1} %  {text()}";
        host.Error.Write($"\r\e[2K{(line.Length < host.Width ? line : line[..Math.Max(0, host.Width - 1)])}");
        host.Error.Flush();
        shown = true;
    }

    /// <summary>Writes a line of its own.</summary>
    public void Say(string text)
    {
        Dispose();
        host.Error.WriteLine(text);
    }

    /// <summary>Takes the drawn line away, so that something else can be printed in its place.</summary>
    public void Clear()
    {
        if (shown)
        {
            host.Error.Write("\r\e[2K");
            host.Error.Flush();
            shown = false;
        }
    }

    /// <summary>Leaves the drawn line standing.</summary>
    public void Dispose()
    {
        if (shown)
        {
            host.Error.WriteLine();
            shown = false;
        }
    }
}
