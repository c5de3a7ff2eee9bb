using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Output;

/// <summary>
/// A line that says how far something is: drawn over on a terminal, elsewhere a plain line every few seconds, and every half minute though
/// nothing has come further.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly CliHost host;
    private readonly ITimer? timer;
    private readonly Lock gate = new();
    private readonly long began;
    private string reached = "0.0 %";
    private long last;
    private bool shown;
    private bool isOver;

    public ProgressLine(CliHost host)
    {
        this.host = host;
        last = began = host.Clock.GetTimestamp();
        timer = host.Interactive ? null : host.Clock.CreateTimer(_ => BreakSilence(), null, Look, Look);
    }

    /// <summary>Shows a line when the last one is old enough.</summary>
    /// <param name="fraction">Done so far, 0…1.</param>
    /// <param name="parts">The rest; made only when it is shown.</param>
    /// <param name="force">Shows it in any case.</param>
    public void Update(double fraction, Func<ProgressPart[]> parts, bool force = false)
    {
        lock (gate)
        {
            reached = FormattableString.Invariant($"{100 * fraction:F1} %");
            if (!force && host.Clock.GetElapsedTime(last) < (host.Interactive ? TerminalInterval : PlainInterval))
            {
                return;
            }

            last = host.Clock.GetTimestamp();
            if (host.Interactive)
            {
                Draw(fraction, parts());
            }
            else
            {
                host.Error.WriteLine($"{reached}  {ProgressPart.Fit(parts(), int.MaxValue)}");
            }
        }
    }

    /// <summary>Writes a line of its own.</summary>
    public void Say(string text)
    {
        lock (gate)
        {
            End();
            host.Error.WriteLine(text);
            last = host.Clock.GetTimestamp();
        }
    }

    /// <summary>Takes the drawn line away, so that something else can be printed in its place.</summary>
    public void Clear()
    {
        lock (gate)
        {
            if (shown)
            {
                host.Error.Write("\r\e[2K");
                host.Error.Flush();
                shown = false;
            }
        }
    }

    /// <summary>Leaves the drawn line standing.</summary>
    public void Dispose()
    {
        timer?.Dispose();
        lock (gate)
        {
            End();
            isOver = true;
        }
    }

    private void Draw(double fraction, ProgressPart[] parts)
    {
        const int cells = 20;
        var full = (int)Math.Round(Math.Clamp(fraction, 0, 1) * cells);
        ProgressPart bar = new($"{new string('█', full)}{new string('░', cells - full)}", ProgressPart.OfBar);
        ProgressPart percent = new(reached.PadLeft(7), int.MaxValue);
        host.Error.Write($"\r\e[2K{ProgressPart.Fit([bar, percent, .. parts], host.Width - 1)}");
        host.Error.Flush();
        shown = true;
    }

    // Who reads a log wants to know that the program is alive.
    private void BreakSilence()
    {
        lock (gate)
        {
            if (!isOver && host.Clock.GetElapsedTime(last) > LongestSilence - Look)
            {
                last = host.Clock.GetTimestamp();
                host.Error.WriteLine($"{reached}  at work for {Human.Time(host.Clock.GetElapsedTime(began))}");
            }
        }
    }

    private void End()
    {
        if (shown)
        {
            host.Error.WriteLine();
            shown = false;
        }
    }
}
